/**
 * `adopt deployment/NAME`: a Rollout takes over the ReplicaSets of a running Deployment; no pod restarts. The Deployment stays as
 * a paused hull: its template and replicas are still what people, Git and autoscalers change.
 */

import type { JsonObject } from '../../crds/schema/json.ts';
import { fieldOf } from '../../kube/json.ts';
import { adoptedRollout, adoptPatch, adoptRefusal, controlledBy, emergencyLine, type Whole } from '../adopt-plan.ts';
import { CliError, type ExitCode, exitCode } from '../exit-code.ts';
import { rolloutApiVersion, rolloutKey, type Session } from '../session.ts';
import { HandOver } from './hand-over.ts';

export interface AdoptOptions {
  readonly name: string;
  /** spec.strategy of the Rollout. */
  readonly strategy: JsonObject;
  readonly dryRun: boolean;
  readonly timeoutMs: number;
}

const setKind = { group: 'apps', kind: 'ReplicaSet' };

export async function adopt(session: Session, options: AdoptOptions): Promise<ExitCode> {
  const { name } = options;
  const hand = new HandOver(session, options.dryRun);
  const key = hand.key('apps', 'Deployment', name);
  const deployment = await hand.get(key);
  const begun = await begunRollout(session, deployment);
  if (begun !== undefined) return finish(hand, options, deployment, begun);
  const owned = controlledBy(deployment, await hand.list(setKind));
  refuse(session, name, adoptRefusal(deployment, owned));
  hand.say(`If anything goes wrong, this gives everything back to the Deployment:\n  ${lineOf(session, options)}`);

  const paused = await hand.patch(`pause Deployment ${name}`, deployment, { spec: { paused: true } });
  const generation = paused.metadata.generation ?? 0;
  const isSeen = (one: Whole) => Number(fieldOf(one, 'status', 'observedGeneration') ?? 0) >= generation;
  const hull = await hand.until(`the controller of Deployment ${name} sees the pause`, key, isSeen);
  const sets = controlledBy(hull, await hand.list(setKind));
  await orGoBack(hand, hull, () => refuse(session, name, options.dryRun ? undefined : adoptRefusal(hull, sets, true)));

  const { strategy } = options;
  const draft = adoptedRollout(hull, { apiVersion: rolloutApiVersion(session.dialect), strategy });
  const rollout = await orGoBack(hand, hull, () => hand.create(`create Rollout ${name}, held`, draft));
  return finish(hand, options, hull, rollout);
}

/** From here on the command can be run again after a crash: what has changed hands already is left as it is. */
async function finish(hand: HandOver, options: AdoptOptions, hull: Whole, rollout: Whole): Promise<ExitCode> {
  const { session } = hand;
  const { name } = options;
  const all = await hand.list(setKind);
  const sets = controlledBy(hull, all);
  const both = [...sets, ...controlledBy(rollout, all)];
  const pods = await hand.podsOf(both);
  for (const set of sets)
    await hand.patch(`hand ReplicaSet ${set.metadata.name} over`, set, adoptPatch(set, hull, rollout, session.keys));
  hand.assertSamePods(pods, await hand.podsOf(both));
  const release = { metadata: { annotations: { [session.keys.adopting]: null } } };
  if (options.dryRun) hand.say(`let Rollout ${name} go`);
  else await hand.patch(`let Rollout ${name} go`, rollout, release);
  const isDone = (one: Whole) => fieldOf(one, 'status', 'phase') === 'Healthy';
  if (!options.dryRun)
    await hand.until(`Rollout ${name} is Healthy`, rolloutKey(session, name), isDone, options.timeoutMs);
  hand.say(`Rollout ${name} has the ${pods.size} pods of Deployment ${name}; none was restarted.`);
  return exitCode.ok;
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

/** The Rollout of an adoption that was cut short. @throws CliError when the name belongs to another Rollout. */
async function begunRollout(session: Session, deployment: Whole): Promise<Whole | undefined> {
  const { name, uid } = deployment.metadata;
  const found = await session.client.get(rolloutKey(session, name), session.call);
  if (found.kind !== 'ok') return undefined;
  const { annotations } = found.object.metadata;
  if (annotations?.[session.keys.adopted] === uid && annotations?.[session.keys.adopting] !== undefined)
    return found.object;
  refuse(session, name, 'a Rollout of that name exists already: delete it, or eject it first');
  return undefined;
}

function refuse(session: Session, name: string, why: string | undefined): void {
  if (why === undefined) return;
  throw new CliError(exitCode.usage, `Deployment ${session.namespace}/${name} can not be adopted: ${why}`);
}

/** Nothing has changed hands yet: the Deployment goes on as before. */
async function orGoBack<T>(hand: HandOver, hull: Whole, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await hand.patch(`let Deployment ${hull.metadata.name} go on`, hull, { spec: { paused: null } });
    throw error;
  }
}
