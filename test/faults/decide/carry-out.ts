/** Carries out one event on the simulated cluster. */

import type { AnalysisPhase, RolloutStatus } from '../../../crds/schema/rollout-status.ts';
import { isFinished } from '../../../controller/rollout/analysis.ts';
import { isOver } from '../../../controller/rollout/experiments.ts';
import { active, BlueGreenWorld, preview } from '../../../controller/rollout/testing/blue-green-world.ts';
import { shopKeys } from '../../../controller/rollout/testing/builders.ts';
import { timeText } from '../../../controller/rollout/time-text.ts';
import type { World } from '../../../controller/rollout/testing/world.ts';
import type { Event } from './events.ts';
import type { Unreliable } from './unreliable.ts';

/**
 * Rules that one pass may break that has not seen the event yet: it changes what a decision relies on, and no version of the
 * objects that are written tells of it. Never S03 after a change of weights or selectors: before a scale-down the live
 * objects are asked.
 */
export function rulesUnseen({ kind }: Event): readonly string[] {
  switch (kind) {
    case 'break':
    case 'leave':
      return ['S02', 'S06', 'S08'];
    case 'scale':
      return ['S02', 'S03', 'S04', 'S06', 'S08'];
    case 'edit-route':
      return ['S02', 'S06', 'S12'];
    case 'edit-service':
      return ['S06', 'S12', 'S16'];
    case 'routing':
      return ['S03', 'S06'];
    default:
      return [];
  }
}

export function carryOut(unreliable: Unreliable, event: Event): void {
  const { world } = unreliable;
  switch (event.kind) {
    case 'release':
      return release(world, event.to);
    case 'release-stable':
      return release(world, Number(world.status?.stableRS?.replace('v', '') || 1));
    case 'abort':
    case 'unabort':
      return patch(world, { abort: event.kind === 'abort' });
    case 'promote-full':
      return patch(world, { promoteFull: true });
    case 'go-on':
      return patch(world, { pauseConditions: undefined });
    case 'skip-step':
      return patch(world, { currentStepIndex: Math.min((world.status?.currentStepIndex ?? 0) + 1, stepsOf(world)) });
    case 'skip-all':
      return patch(world, { currentStepIndex: stepsOf(world) });
    case 'command':
      return command(world, event);
    case 'scale':
      world.given = { ...world.given, replicas: event.to };
      return;
    case 'hold':
      world.given = { ...world.given, paused: event.isOn };
      return;
    case 'plan':
      if (!(world instanceof BlueGreenWorld))
        world.given = { ...world.given, canary: { ...world.given.canary, steps: fitting(world, event.steps) } };
      return;
    case 'invalid':
      unreliable.problems = event.field === undefined ? [] : [problem(event.field)];
      return;
    case 'restart':
      unreliable.restartAt = timeText(world.now);
      return;
    case 'break':
      world.broken.add(`v${event.to}`);
      if (event.how === undefined) unreliable.troubles.delete(`v${event.to}`);
      else unreliable.troubles.set(`v${event.to}`, event.how);
      return;
    case 'heal':
      world.broken.clear();
      return;
    case 'leave':
      return leave(world, `v${event.to}`, event.count);
    case 'edit-route':
      if (world.isRouted && world.routes.some((one) => one.name === event.name)) world.editRoute(event.name, event.to);
      return;
    case 'edit-service':
      return editService(world, event);
    case 'gateway':
      world.confirmMs = event.confirmMs;
      return;
    case 'routing':
      // Without its router ping-pong is refused as a spec.
      world.isRouted = world.options.routed && (event.isRouted || world.given.canary?.pingPong !== undefined);
      return;
    case 'finish':
      for (const run of world.runs) if (!isFinished(run)) world.finish(run.metadata.name, event.phase);
      return;
    case 'experiment':
      return experiment(world, event.phase);
    case 'terminate-runs':
      world.runs = world.runs.map((run) =>
        isFinished(run) ? run : { ...run, spec: { ...run.spec, terminate: true }, status: { phase: 'Successful' } },
      );
  }
}

function release(world: World, version: number): void {
  world.image = `shop:${version}`;
  world.generation += 1;
}

/** Nobody patches the status of a Rollout that has none. */
function patch(world: World, fields: Partial<RolloutStatus>): void {
  if (world.status !== undefined) world.status = { ...world.status, ...fields };
}

function stepsOf(world: World): number {
  return world.given.canary?.steps?.length ?? 0;
}

/** setCanaryScale needs a router. */
function fitting(world: World, steps: Extract<Event, { kind: 'plan' }>['steps']) {
  return steps.filter((one) => world.options.routed || one.setCanaryScale === undefined);
}

function command(world: World, { verb, to, bound, repeats }: Extract<Event, { kind: 'command' }>): void {
  const known = world.annotations[shopKeys.commandId];
  const id = repeats && known !== undefined ? known : `${world.now}-${world.writes.length}-${verb}`;
  const { [shopKeys.commandRevision]: _revision, [shopKeys.commandStep]: _step, ...others } = world.annotations;
  world.annotations = {
    ...others,
    [shopKeys.command]: verb,
    [shopKeys.commandId]: id,
    ...(verb === 'rollback' || bound === 'revision' ? { [shopKeys.commandRevision]: `v${to}` } : {}),
    ...(bound === 'step' ? { [shopKeys.commandStep]: String(to) } : {}),
  };
}

function problem(field: string) {
  const scope = field === 'spec.template' ? ('forward' as const) : ('spec' as const);
  return { scope, field, message: `${field}: found something, allowed is something else.` };
}

/** A node goes: pods end at once, and their ReplicaSet makes new ones. */
function leave(world: World, podHash: string, count: number): void {
  const alive = world.pods.filter((pod) => pod.podHash === podHash && pod.endsAt === undefined);
  for (const pod of alive.slice(0, count)) pod.endsAt = world.now;
  world.settlePods();
}

/**
 * Somebody selects another revision, with or without pods, or the pods of all. Not behind a router: there such a hand alone
 * breaks S12 until it is taken back, so that the rules say nothing of our writes.
 */
function editService(world: World, { isStable, to }: Extract<Event, { kind: 'edit-service' }>): void {
  if (!(world instanceof BlueGreenWorld)) return;
  const name = isStable ? active : preview;
  if (world.services.has(name)) world.editService(name, to === null ? undefined : `v${to}`);
}

function experiment(world: World, phase: AnalysisPhase): void {
  for (const one of world.experiments.filter((each) => !isOver(each)))
    world.editExperiment(one.metadata.name, ({ status, ...rest }) => ({ ...rest, status: { ...status, phase } }));
}
