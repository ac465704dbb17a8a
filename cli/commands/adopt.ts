/**
 * `adopt deployment/NAME`: a Rollout takes over the ReplicaSets of a running Deployment; no pod restarts. The Deployment stays as
 * a paused hull: its template and replicas are still what people, Git and autoscalers change. A command that was cut short
 * goes on where it stopped when it is run again.
 */

import type { JsonObject } from '../../crds/schema/json.ts';
import { fieldOf } from '../../kube/json.ts';
import {
  adoptedRollout,
  adoptPatch,
  controlledBy,
  emergencyLine,
  isPausedByUs,
  oldOnesFirst,
  type Whole,
} from '../adopt-plan.ts';
import { ownRefusals, surroundingRefusals } from '../adopt-refusals.ts';
import { apiError, CliError, type ExitCode, exitCode } from '../exit-code.ts';
import { rolloutApiVersion, rolloutKey, type Session } from '../session.ts';
import { lookAround } from './adopt-surroundings.ts';
import { HandOver, whatBecameOf } from './hand-over.ts';

export interface AdoptOptions {
  readonly name: string;
  /** spec.strategy of the Rollout. */
  readonly strategy: JsonObject;
  readonly dryRun: boolean;
  readonly timeoutMs: number;
}

const setKind = { group: 'apps', kind: 'ReplicaSet' };

export async function adopt(session: Session, options: AdoptOptions): Promise<ExitCode> {
  const { name, dryRun } = options;
  const hand = new HandOver(session, dryRun);
  const deployment = await seenByItsController(hand, await hand.get(hand.key('apps', 'Deployment', name)));
  const begun = await begunRollout(hand, deployment);
  if (begun !== undefined && begun.metadata.annotations?.[session.keys.adopting] === undefined)
    return isDone(hand, options);
  const isUnderWay = begun !== undefined && controlledBy(begun, await hand.list(setKind)).length > 0;
  if (!isUnderWay) refuse(session, name, await refusals(hand, options, deployment, begun));
  hand.say(`If anything goes wrong, this gives everything back to the Deployment:\n  ${lineOf(session, options)}`);
  if (isUnderWay) return finish(hand, options, await pause(hand, deployment), begun);

  return orGoBack(hand, deployment, async () => {
    const hull = await pause(hand, deployment);
    if (!dryRun) refuse(session, name, await refusals(hand, options, hull, begun));
    const { strategy } = options;
    const draft = adoptedRollout(hull, { apiVersion: rolloutApiVersion(session.dialect), strategy });
    return { hull, rollout: begun ?? (await hand.create(`create Rollout ${name}, held`, draft)) };
  }).then(({ hull, rollout }) => finish(hand, options, hull, rollout));
}

/** From then on its controller makes no ReplicaSet. */
async function pause(hand: HandOver, deployment: Whole): Promise<Whole> {
  const isPaused = fieldOf(deployment, 'spec', 'paused') === true;
  if (isPaused) return seenByItsController(hand, deployment);
  const paused = await hand.patch(`pause Deployment ${deployment.metadata.name}`, deployment, {
    spec: { paused: true },
  });
  return seenByItsController(hand, paused);
}

/** As it is once its controller has seen this version, or a later one. */
function seenByItsController(hand: HandOver, { metadata }: Whole): Promise<Whole> {
  const { name, generation = 0 } = metadata;
  const isSeen = (one: Whole) => Number(fieldOf(one, 'status', 'observedGeneration') ?? 0) >= generation;
  const what = `the controller of Deployment ${name} has seen its last change`;
  return hand.until(what, hand.key('apps', 'Deployment', name), isSeen);
}

/** `begun`: the held Rollout of an earlier try, which is no reason against this one. */
async function refusals(
  hand: HandOver,
  { strategy }: AdoptOptions,
  deployment: Whole,
  begun: Whole | undefined,
): Promise<readonly string[]> {
  const owned = controlledBy(deployment, await hand.list(setKind));
  const around = await lookAround(hand, owned);
  const releases = around.releases.filter((one) => one.metadata.uid !== begun?.metadata.uid);
  return [
    ...ownRefusals(deployment, owned, isPausedByUs(deployment)),
    ...surroundingRefusals(deployment, { ...around, releases }, strategy),
  ];
}

/** From here on everything is done by the Rollout; what has changed hands already is left as it is. */
async function finish(hand: HandOver, options: AdoptOptions, hull: Whole, rollout: Whole): Promise<ExitCode> {
  const { session } = hand;
  const { name } = options;
  const all = await hand.list(setKind);
  const sets = controlledBy(hull, all);
  const both = [...sets, ...controlledBy(rollout, all)];
  const pods = await hand.podsOf(both);
  for (const set of oldOnesFirst(sets))
    await hand.patch(`hand ReplicaSet ${set.metadata.name} over`, set, adoptPatch(set, hull, rollout, session.keys));
  const release = { metadata: { annotations: { [session.keys.adopting]: null } } };
  if (options.dryRun) hand.say(`let Rollout ${name} go`);
  else await hand.patch(`let Rollout ${name} go`, rollout, release);
  if (!options.dryRun)
    await hand.until(`Rollout ${name} is Healthy`, rolloutKey(session, name), isTakenOver, options.timeoutMs);
  hand.say(`Rollout ${name} has the pods of Deployment ${name}; ${whatBecameOf(pods, await hand.podsOf(both))}.`);
  return exitCode.ok;
}

/** The command before this one had done all, or it was given twice. */
async function isDone(hand: HandOver, { name, timeoutMs }: AdoptOptions): Promise<ExitCode> {
  await hand.until(`Rollout ${name} is Healthy`, rolloutKey(hand.session, name), isTakenOver, timeoutMs);
  hand.say(`Rollout ${name} has the pods of Deployment ${name} already; its strategy is left as it is.`);
  return exitCode.ok;
}

/** Healthy, or at the next release already: somebody changed the template meanwhile. */
function isTakenOver(rollout: Whole): boolean {
  const at = (name: string) => fieldOf(rollout, 'status', name);
  const isReleasing =
    typeof at('stableRS') === 'string' && at('stableRS') !== '' && at('stableRS') !== at('currentPodHash');
  return at('phase') === 'Healthy' || isReleasing;
}

function lineOf({ namespace, dialect }: Session, { name, strategy }: AdoptOptions): string {
  return emergencyLine(name, namespace, dialect.group, servicesIn(strategy));
}

/** Names of the Services that the strategy pins. */
export function servicesIn(strategy: JsonObject): readonly string[] {
  const paths = [
    ['canary', 'stableService'],
    ['canary', 'canaryService'],
    ['blueGreen', 'activeService'],
    ['blueGreen', 'previewService'],
  ];
  return paths.map((path) => fieldOf(strategy, ...path)).filter((one) => typeof one === 'string');
}

/** The Rollout of an adoption that was cut short or is done. @throws CliError when the name belongs to another Rollout. */
async function begunRollout(hand: HandOver, deployment: Whole): Promise<Whole | undefined> {
  const { session } = hand;
  const { name, uid } = deployment.metadata;
  await hand.untilGone(rolloutKey(session, name));
  const found = await session.client.get(rolloutKey(session, name), session.call);
  if (found.kind === 'not-found') return undefined;
  if (found.kind !== 'ok') throw apiError(`read Rollout ${name}`, found);
  const { annotations } = found.object.metadata;
  if (annotations?.[session.keys.adopted] === uid) return found.object;
  const text = `Rollout ${session.namespace}/${name}: metadata.name is taken, but the new Rollout needs it: delete that one, or eject it first.`;
  refuse(session, name, [text]);
  return undefined;
}

function refuse(session: Session, name: string, why: readonly string[]): void {
  if (why.length === 0) return;
  const text = why.length === 1 ? ` ${why[0]}` : why.map((one) => `\n- ${one}`).join('');
  const what = `Deployment ${session.namespace}/${name} can not be adopted, and its pods were left alone.`;
  throw new CliError(exitCode.usage, `${what}${text}`);
}

/** Nothing has changed hands yet: the Deployment goes on as before. */
async function orGoBack<T>(hand: HandOver, deployment: Whole, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await goBack(hand, deployment).catch((second: unknown) => {
      const { name } = deployment.metadata;
      hand.say(
        `Deployment ${name} may still be paused: run adopt again, or kubectl rollout resume (${String(second)})`,
      );
    });
    throw error;
  }
}

async function goBack(hand: HandOver, deployment: Whole): Promise<void> {
  const { session } = hand;
  const { name, uid } = deployment.metadata;
  const found = await session.client.get(rolloutKey(session, name), session.call);
  const isOwn = found.kind === 'ok' && found.object.metadata.annotations?.[session.keys.adopted] === uid;
  if (isOwn) await hand.remove(`delete Rollout ${name}, which has no pods yet`, found.object, 'Background');
  await hand.patchAnyVersion(`let Deployment ${name} go on`, deployment, { spec: { paused: null } });
}
