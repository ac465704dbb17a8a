/**
 * `eject rollout/NAME`: gives the ReplicaSets of an adopted workload back to its Deployment, which goes on by itself; no pod
 * restarts. The Rollout goes last, so a command that was cut short goes on where it stopped when it is run again.
 */

import { isJsonObject } from '../../crds/schema/json.ts';
import type { ObjectKey } from '../../kube/api.ts';
import { fieldOf } from '../../kube/json.ts';
import {
  adoptPatch,
  controlledBy,
  ejectPatch,
  ejectRefusal,
  oldOnesFirst,
  replicasOf,
  unlabelPatch,
  unpinPatch,
  type Whole,
} from '../adopt-plan.ts';
import { CliError, type ExitCode, exitCode } from '../exit-code.ts';
import { rolloutKey, type Session } from '../session.ts';
import { servicesIn } from './adopt.ts';
import { HandOver, whatBecameOf } from './hand-over.ts';

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
  await check(hand, before, hullKey);

  const held = await holdOff(hand, before, key);
  const { sets, hull } = await orLetGo(hand, held, () => check(hand, dryRun ? before : held, hullKey));
  const pods = await hand.podsOf(sets);
  await orTakeBack(hand, held, hull, () => giveBack(hand, held, hull, sets));
  for (const pod of await hand.podsOf(sets))
    await hand.patchAnyVersion(`take the label off Pod ${pod.metadata.name}`, pod, unlabelPatch);
  await hand.remove(`delete Rollout ${name}`, held, 'Orphan');
  await hand.untilGone(key);
  hand.say(`Deployment ${hullKey.name} has its pods back; ${whatBecameOf(pods, await hand.podsOf(sets))}.`);
  return exitCode.ok;
}

/** @throws CliError when the Rollout can't be ejected as it is now. */
async function check(hand: HandOver, rollout: Whole, hullKey: ObjectKey) {
  const { session } = hand;
  const hull = await hand.get(hullKey);
  const all = await hand.list(setKind);
  // After a crash of this command some are back already.
  const back = rollout.metadata.annotations?.[session.keys.adopting] === undefined ? [] : controlledBy(hull, all);
  const sets = [...controlledBy(rollout, all), ...back];
  const why = ejectRefusal(rollout, hull, sets, session.keys);
  if (why === undefined) return { sets, hull };
  const what = `Rollout ${session.namespace}/${rollout.metadata.name} can not be ejected, and its pods were left alone.`;
  throw new CliError(exitCode.usage, `${what} ${why}`);
}

/** Asks the controller to leave the Rollout alone, and waits until it has answered that no pass is under way. */
async function holdOff(hand: HandOver, rollout: Whole, key: ObjectKey): Promise<Whole> {
  const { adopting } = hand.session.keys;
  const state = (one: Whole) => one.metadata.annotations?.[adopting];
  if (state(rollout) === undefined) {
    const ask = { metadata: { annotations: { [adopting]: 'asked' } } };
    await hand.patch(`ask the controller to leave Rollout ${key.name} alone`, rollout, ask);
  }
  const wait = hand.until('the controller answers (is it running?)', key, (one) => state(one) === 'held');
  return orLetGo(hand, rollout, () => wait);
}

async function giveBack(hand: HandOver, rollout: Whole, hull: Whole, sets: readonly Whole[]): Promise<void> {
  const { name } = hull.metadata;
  for (const set of oldOnesFirst(sets).toReversed())
    await hand.patch(`give ReplicaSet ${set.metadata.name} back`, set, ejectPatch(set, hull, hand.session.keys));
  const isTaken = (one: Whole) => Number(fieldOf(one, 'status', 'replicas') ?? 0) === replicasOf(one);
  const key = hand.key('apps', 'Deployment', name);
  await hand.until(`Deployment ${name} counts its pods again`, key, isTaken);
  await unpin(hand, rollout);
  // Only with the template that was compared: another one would start a rolling update.
  await hand.patch(`let Deployment ${name} go on`, hull, { spec: { paused: null } });
}

async function unpin(hand: HandOver, rollout: Whole): Promise<void> {
  const strategy = fieldOf(rollout, 'spec', 'strategy');
  for (const name of servicesIn(isJsonObject(strategy) ? strategy : {})) {
    const service = await hand.get(hand.key('', 'Service', name));
    await hand.patch(`take the pin off Service ${name}`, service, unpinPatch(hand.session.keys));
  }
}

async function orLetGo<T>(hand: HandOver, rollout: Whole, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await letGo(hand, rollout);
    throw error;
  }
}

async function letGo(hand: HandOver, rollout: Whole): Promise<void> {
  const annotations = { [hand.session.keys.adopting]: null };
  await hand.patchAnyVersion('let the controller go on', rollout, { metadata: { annotations } });
}

/** The Deployment is still paused: the Rollout gets its ReplicaSets again, and releases what was changed meanwhile by its steps. */
async function orTakeBack(hand: HandOver, rollout: Whole, hull: Whole, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    await takeBack(hand, rollout, hull).catch((second: unknown) => {
      hand.say(
        `Rollout ${rollout.metadata.name} is still held: run eject again, or adopt to keep it (${String(second)})`,
      );
    });
    throw error;
  }
}

async function takeBack(hand: HandOver, rollout: Whole, hull: Whole): Promise<void> {
  const back = controlledBy(hull, await hand.list(setKind));
  // Whether the last write arrived is not known: a Deployment that runs would make pods of its own.
  await hand.patchAnyVersion(`keep Deployment ${hull.metadata.name} paused`, hull, { spec: { paused: true } });
  for (const set of oldOnesFirst(back)) {
    const what = `hand ReplicaSet ${set.metadata.name} over again`;
    await hand.patch(what, set, adoptPatch(set, hull, rollout, hand.session.keys));
  }
  await letGo(hand, rollout);
}
