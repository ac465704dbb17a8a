/** Two controllers on one cluster, told apart in the audit log by their accounts. */

import { eventually } from '../bed/eventually.ts';
import type { ControllerProcess } from './controller-process.ts';
import { secondController } from './rights.ts';
import { tenantAccount } from '../../controller/rbac.ts';
import { namespace, type World } from './world.ts';

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

/** The account under which a controller writes what a tenant's GitSync applies: both controllers use the same one. */
export const tenantUser = `system:serviceaccount:${namespace}:${tenantAccount}`;

export function controllerUser(account: string): string {
  return `system:serviceaccount:tidegate:${account}`;
}

/** Writes that the API server carried out for this user since a moment (epoch milliseconds), as "verb resource name". */
export function writesOf(world: World, user: string, sinceMs: number): readonly string[] {
  return world.bed.cluster
    .auditEvents()
    .filter((event) => event.user.username === user && Date.parse(event.requestReceivedTimestamp) >= sinceMs)
    .filter(
      (event) =>
        ['create', 'update', 'patch', 'delete'].includes(event.verb) && (event.responseStatus?.code ?? 0) < 300,
    )
    .map((event) => `${event.verb} ${event.objectRef?.resource}/${event.objectRef?.name}`);
}
