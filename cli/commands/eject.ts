/** `eject rollout/NAME`: gives the ReplicaSets of an adopted workload back to its Deployment, which goes on by itself; no pod restarts. */

import { isJsonObject } from '../../crds/schema/json.ts';
import { fieldOf } from '../../kube/json.ts';
import { controlledBy, ejectPatch, ejectRefusal, replicasOf, unpinPatch, type Whole } from '../adopt-plan.ts';
import { apiError, CliError, type ExitCode, exitCode } from '../exit-code.ts';
import { rolloutKey, type Session } from '../session.ts';
import { servicesIn } from './adopt.ts';
import { HandOver } from './hand-over.ts';

export interface EjectOptions {
  readonly name: string;
  readonly dryRun: boolean;
}

const setKind = { group: 'apps', kind: 'ReplicaSet' };

export async function eject(session: Session, { name, dryRun }: EjectOptions): Promise<ExitCode> {
  const hand = new HandOver(session, dryRun);
  const key = rolloutKey(session, name);
  const before = await hand.get(key);
  const referred = fieldOf(before, 'spec', 'workloadRef', 'name');
  const hullKey = hand.key('apps', 'Deployment', typeof referred === 'string' ? referred : name);
  const hull = await hand.get(hullKey);
  const check = async (rollout: Whole) => {
    const all = await hand.list(setKind);
    // After a crash of this command some are back already.
    const back = rollout.metadata.annotations?.[session.keys.adopting] === undefined ? [] : controlledBy(hull, all);
    const sets = [...controlledBy(rollout, all), ...back];
    const why = ejectRefusal(rollout, await hand.get(hullKey), sets, session.keys);
    if (why !== undefined)
      throw new CliError(exitCode.usage, `Rollout ${session.namespace}/${name} can not be ejected: ${why}`);
    return sets;
  };
  await check(before);

  const { adopting } = session.keys;
  const isAsked = before.metadata.annotations?.[adopting] !== undefined;
  const ask = { metadata: { annotations: { [adopting]: isAsked ? 'held' : 'asked' } } };
  const asked = await hand.patch(`ask the controller to leave Rollout ${name} alone`, before, ask);
  const isHeld = (one: Whole) => one.metadata.annotations?.[adopting] === 'held';
  const held = await hand.until('the controller answers (is it running?)', key, isHeld);
  const sets = await orLetGo(hand, dryRun ? asked : held, adopting, () => check(dryRun ? before : held));
  const pods = await hand.podsOf(sets);

  for (const set of sets)
    await hand.patch(`give ReplicaSet ${set.metadata.name} back`, set, ejectPatch(set, hull, session.keys));
  const isTaken = (one: Whole) => Number(fieldOf(one, 'status', 'replicas') ?? 0) === replicasOf(one);
  const taken = await hand.until(`Deployment ${hullKey.name} counts its pods again`, hullKey, isTaken);
  await unpin(hand, held);
  await hand.patch(`let Deployment ${hullKey.name} go on`, taken, { spec: { paused: null } });
  await remove(hand, held);
  hand.assertSamePods(pods, await hand.podsOf(sets));
  hand.say(`Deployment ${hullKey.name} has its ${pods.size} pods back; none was restarted.`);
  return exitCode.ok;
}

async function orLetGo<T>(hand: HandOver, held: Whole, adopting: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await hand.patch('let the controller go on', held, { metadata: { annotations: { [adopting]: null } } });
    throw error;
  }
}

async function unpin(hand: HandOver, rollout: Whole): Promise<void> {
  const strategy = fieldOf(rollout, 'spec', 'strategy');
  for (const name of servicesIn(isJsonObject(strategy) ? strategy : {})) {
    const service = await hand.get(hand.key('', 'Service', name));
    await hand.patch(`take the pin off Service ${name}`, service, unpinPatch(hand.session.keys));
  }
}

async function remove(hand: HandOver, rollout: Whole): Promise<void> {
  const { session, isDryRun } = hand;
  const { name, uid } = rollout.metadata;
  hand.say(`delete Rollout ${name}`);
  const options = { ...session.call, ...(uid ? { uid } : {}), propagation: 'Orphan', dryRun: isDryRun } as const;
  const answer = await session.client.delete(rolloutKey(session, name), options);
  if (answer.kind !== 'ok' && answer.kind !== 'not-found') throw apiError(`delete Rollout ${name}`, answer);
}
