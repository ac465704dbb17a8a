/** After the end: runs are stopped, pods go after their delay, Services when the pods are gone. Pure. */

import { instantOf, deadlineText } from '../rollout/time-text.ts';
import type { ReplicaSetView } from '../rollout/observed.ts';
import { refTo } from '../rollout/scene.ts';
import type { Waiting } from '../decision.ts';
import type { Instant } from '../../kube/api.ts';
import { runsToStop } from './analyses.ts';
import { deleteService, scaleEffect, stopRun } from './effects.ts';
import type { ExperimentEffect, Observed } from './observed.ts';
import { scaleDownDelayMs } from './settings.ts';

export interface CleanUp {
  readonly effects: readonly ExperimentEffect[];
  readonly lookAgainAt?: Instant;
  readonly waiting?: Waiting;
}

/** Empty effects and no time: nothing is left to do. */
export function cleanUp(observed: Observed): CleanUp {
  const stops = runsToStop(observed).map((run) => stopRun(observed, run));
  const alive = observed.sets.filter((set) => set.replicas > 0);
  if (alive.length > 0 && observed.owner?.isHolding === true)
    return { effects: stops, waiting: waitForOwner(observed.owner.key.name) };
  const times: Instant[] = [];
  const downs = alive.flatMap((set) => {
    const deadline = deadlineOf(observed, set);
    if (deadline === undefined) return [setDeadline(observed, set)];
    if (deadline <= observed.now) return [scaleEffect(observed, set, 0)];
    times.push(deadline);
    return [];
  });
  const effects = [...stops, ...downs, ...surplusServices(observed)];
  return times.length === 0 ? { effects } : { effects, lookAgainAt: Math.min(...times) };
}

/** Nothing runs any more, and nothing is left that was made for traffic. */
export function isCleanedUp(observed: Observed): boolean {
  const { effects, lookAgainAt, waiting } = cleanUp(observed);
  return effects.length === 0 && lookAgainAt === undefined && waiting === undefined;
}

/** The Experiment's delay, and at least the time that the owner gives open requests. */
function delayMs(observed: Observed): number {
  return Math.max(scaleDownDelayMs(observed.experiment), observed.owner?.drainMs ?? 0);
}

/** Undefined: it has yet to be set. Without a delay the pods go at once. */
function deadlineOf(observed: Observed, set: ReplicaSetView): Instant | undefined {
  if (delayMs(observed) === 0) return observed.now;
  return instantOf(set.metadata.annotations?.[observed.keys.scaleDownDeadline]);
}

function setDeadline(observed: Observed, set: ReplicaSetView): ExperimentEffect {
  const text = deadlineText(observed.now + delayMs(observed));
  const patch = { metadata: { annotations: { [observed.keys.scaleDownDeadline]: text } } };
  return { kind: 'Patch', target: refTo(set), patch, tells: [] };
}

/** A Service goes when its ReplicaSet has no pods left. */
function surplusServices(observed: Observed): readonly ExperimentEffect[] {
  const { services, sets, keys } = observed;
  return services
    .filter((service) => service.metadata.deletionTimestamp === undefined)
    .filter((service) => {
      const set = sets.find((one) => one.podHash === service.selector[keys.podTemplateHash]);
      return set === undefined || (set.replicas === 0 && set.status.replicas === 0);
    })
    .map((service) => deleteService(observed, service));
}

function waitForOwner(name: string): Waiting {
  const moves = `Its pods go when Rollout ${name} sends them no traffic any more.`;
  return { reason: 'RolloutHolds', on: `Rollout/${name}`, moves };
}
