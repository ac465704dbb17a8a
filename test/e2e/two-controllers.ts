/** Two controllers on one cluster, told apart in the audit log by their accounts. */

import { eventually } from '../bed/eventually.ts';
import type { ControllerProcess } from './controller-process.ts';
import { secondController } from './rights.ts';
import type { World } from './world.ts';

export interface Contender {
  readonly account: string;
  readonly process: ControllerProcess;
}

/** Starts both at once; gives the one that leads first. */
export async function startTwo(world: World): Promise<{ readonly leader: Contender; readonly standby: Contender }> {
  const { cluster } = world.bed;
  await cluster.api.apply(...secondController());
  const accounts = ['tidegate', 'tidegate-b'];
  const started = await Promise.all(
    accounts.map(async (account) => {
      const kubeconfigPath = await cluster.serviceAccountKubeconfig('tidegate', account);
      return {
        account,
        process: await world.startController({ name: account, kubeconfigPath, leaseDurationMs: 6_000 }),
      };
    }),
  );
  const leader = await eventually(
    'one of them leads',
    async () => {
      for (const one of started) if (await one.process.leads()) return one;
      return undefined;
    },
    { withinMs: 30_000 },
  );
  const standby = started.find((one) => one !== leader);
  if (!standby) throw new Error('there is no second controller');
  return { leader, standby };
}

/** Writes that the API server carried out for this account since a moment (epoch milliseconds), as "verb resource name". */
export function writesOf(world: World, account: string, sinceMs: number): readonly string[] {
  const user = `system:serviceaccount:tidegate:${account}`;
  return world.bed.cluster
    .auditEvents()
    .filter((event) => event.user.username === user && Date.parse(event.requestReceivedTimestamp) >= sinceMs)
    .filter(
      (event) =>
        ['create', 'update', 'patch', 'delete'].includes(event.verb) && (event.responseStatus?.code ?? 0) < 300,
    )
    .map((event) => `${event.verb} ${event.objectRef?.resource}/${event.objectRef?.name}`);
}
