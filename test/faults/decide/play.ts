/** Plays one sequence of events and faults against one spec, and says which rules were broken and what it was about. */

import fc from 'fast-check';
import { decide } from '../../../controller/rollout/decide.ts';
import { stateOf } from '../../../controller/rollout/lifecycle-status.ts';
import { watchBlueGreen } from '../../../controller/rollout/testing/blue-green-invariants.ts';
import { active, BlueGreenWorld } from '../../../controller/rollout/testing/blue-green-world.ts';
import { watchInvariants } from '../../../controller/rollout/testing/invariants.ts';
import { World } from '../../../controller/rollout/testing/world.ts';
import { carryOut, rulesUnseen } from './carry-out.ts';
import { event } from './events.ts';
import { faults, races } from './faults.ts';
import { watchRules } from './rules.ts';
import { drainMs, type Spec, spec } from './specs.ts';
import { moveOf, newTally, type Tally } from './tally.ts';
import { Unreliable } from './unreliable.ts';

export const fewestEvents = 20;

const gap = fc.oneof(fc.integer({ min: 0, max: 1_500 }), fc.integer({ min: 0, max: 20_000 }));
/** Time since the event before, what happens, and whether the controller's caches miss it at first. */
const turn = fc.tuple(
  gap,
  event,
  fc.integer({ min: 0, max: 4 }).map((number) => number === 4),
);

export const sequence = fc.record({
  spec,
  script: fc.array(turn, { minLength: fewestEvents, maxLength: fewestEvents + 6 }),
  faults,
  races,
});
export type Sequence = typeof sequence extends fc.Arbitrary<infer T> ? T : never;

export interface Played {
  readonly violations: readonly string[];
  readonly tally: Tally;
}

export function play({ spec: given, script, faults: planned, races: weights }: Sequence): Played {
  const world = worldOf(given);
  const unreliable = new Unreliable(world, given, planned);
  const violations = watch(world, given, unreliable);
  const moves = watchMoves(world);
  // Some begin in the middle of the first deploy.
  if ((script[0]?.[0] ?? 0) % 2 === 0) world.run();
  raceWith(world, weights);
  for (const [gapMs, act, isMissed] of script) {
    const at = world.now + gapMs;
    world.run(() => false, gapMs);
    world.now = Math.max(world.now, at);
    if (isMissed) unreliable.missNext(rulesUnseen(act), () => carryOut(unreliable, act));
    else carryOut(unreliable, act);
  }
  world.race = () => undefined;
  unreliable.isReliable = true;
  unreliable.problems = [];
  world.isRouted = world.options.routed;
  world.broken.clear();
  world.run();
  violations.push(...unreliable.violations, ...atRest(world));
  return { violations, tally: tallyOf({ given, world, unreliable, moves, events: script.length }) };
}

function worldOf({ kind, rollout, blueGreen = {}, shown, routes, backgroundIsGood }: Spec): World {
  if (kind === 'blue-green') return new BlueGreenWorld({ rollout, blueGreen, shown });
  return new World({ rollout, routed: kind === 'routed', routes, backgroundIsGood });
}

function watch(world: World, { kind }: Spec, unreliable: Unreliable): string[] {
  const violations =
    world instanceof BlueGreenWorld
      ? watchBlueGreen(world, { drainMs })
      : watchInvariants(world, { drainMs: kind === 'routed' ? drainMs : 0 });
  watchRules(world, (text) => violations.push(text));
  const check = world.check;
  world.check = (now, write) => {
    const known = violations.length;
    check(now, write);
    const isExcused = (text: string) => unreliable.excused.some((rule) => text.startsWith(rule));
    violations.push(...violations.splice(known).filter((text) => !isExcused(text)));
  };
  return violations;
}

/** Fills up with the moves of the lifecycle that are written from now on. */
export function watchMoves(world: World): Set<string> {
  const moves = new Set<string>();
  const check = world.check;
  world.check = (now, write) => {
    check(now, write);
    const move = write.effect.kind === 'Status' ? moveOf(write.effect.before, write.effect.after) : undefined;
    if (move !== undefined) moves.add(move);
  };
  return moves;
}

/** Not in a pass that switches a Service, which nobody asks the routes for again: whatever it leads to is on whoever races. */
function raceWith(world: World, weights: readonly (number | null)[]): void {
  let scaleDown = 0;
  world.race = ({ effects }) => {
    const weight = weights[(scaleDown += 1) % 13] ?? null;
    const isBlind = effects.some((effect) => effect.kind === 'SwitchService');
    if (weight !== null && world.isRouted && !isBlind) world.editRoute('a', weight);
  };
}

/** Once nothing happens any more: it rests, says what it waits for, and serves with all its pods. */
function atRest(world: World): string[] {
  const violations: string[] = [];
  const { status } = world;
  for (const { effect } of world.writes) {
    const waiting = effect.kind === 'Status' ? effect.after.waiting : undefined;
    if (waiting && waiting.on !== 'user' && waiting.until === undefined)
      violations.push(`L04: no end of ${waiting.reason}`);
  }
  const isFinal = status?.phase === 'Healthy' && status.stableRS === status.currentPodHash;
  if (!isFinal && status?.waiting === undefined) violations.push(`L04: ${status?.phase} waits for nothing`);
  if (world.pass()) violations.push('L01: still writing after it settled');
  const [one, other] = [decide(world.observe()), decide(world.observe())].map((decision) => JSON.stringify(decision));
  if (one !== other) violations.push('the same observation gave two decisions');
  return [...violations, ...atRestServing(world)];
}

function atRestServing(world: World): string[] {
  const { status } = world;
  const stable = status?.stableRS;
  const state = status === undefined ? 'new' : stateOf(status);
  if (!stable || (state !== 'stable' && state !== 'aborted')) return [];
  const isServed = world instanceof BlueGreenWorld || world.isRouted;
  const live = world instanceof BlueGreenWorld ? world.services.get(active) : world.selected.stable;
  const violations: string[] = [];
  if (isServed && live !== stable) violations.push(`L01: ${live} is live, ${stable} is stable`);
  if (world.sets.has(stable) && world.readyPods(stable) < world.replicas)
    violations.push(`L01: stable ${stable} rests with ${world.readyPods(stable)} of ${world.replicas} pods`);
  if (world.isRouted && world.weight > 0) violations.push(`L02: canary weight ${world.weight} at rest`);
  return violations;
}

interface Seen {
  readonly given: Spec;
  readonly world: World;
  readonly unreliable: Unreliable;
  readonly moves: ReadonlySet<string>;
  readonly events: number;
}

function tallyOf({ given, world, unreliable, moves, events }: Seen): Tally {
  const has = (test: (move: string) => boolean) => Number([...moves].some(test));
  return {
    ...newTally(),
    runs: 1,
    events,
    faults: unreliable.struck,
    writes: world.writes.length,
    passes: unreliable.passes,
    aborts: has((move) => move.includes(' abort ')),
    supersedes: has((move) => move.endsWith(' revision superseding')),
    promotions: has((move) => move === 'promoting promoted stable'),
    strategies: { [given.kind]: 1 },
    moves: Object.fromEntries([...moves].map((move) => [move, 1])),
  };
}
