import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from './decide.ts';
import { watchBlueGreen } from './testing/blue-green-invariants.ts';
import { active, BlueGreenWorld, preview } from './testing/blue-green-world.ts';
import { shopKeys } from './testing/builders.ts';

/** What people and the world do to a blue-green rollout, at any time. */
const action = fc.oneof(
  fc.record({ kind: fc.constant('release' as const), to: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constantFrom('abort' as const, 'unabort' as const, 'go-on' as const, 'heal' as const) }),
  fc.record({
    kind: fc.constant('command' as const),
    verb: fc.constantFrom('promote', 'promote-full', 'pause', 'resume', 'abort', 'retry', 'rollback'),
    to: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({ kind: fc.constant('scale' as const), to: fc.integer({ min: 1, max: 8 }) }),
  fc.record({ kind: fc.constant('break' as const), to: fc.integer({ min: 1, max: 4 }) }),
  fc.record({
    kind: fc.constant('finish' as const),
    phase: fc.constantFrom('Successful', 'Failed', 'Error', 'Inconclusive'),
  }),
  fc.record({
    kind: fc.constant('edit' as const),
    service: fc.constantFrom(active, preview),
    to: fc.option(fc.integer({ min: 1, max: 4 })),
  }),
  fc.record({ kind: fc.constant('hold' as const), isOn: fc.boolean() }),
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

function carryOut(world: BlueGreenWorld, act: Action): void {
  switch (act.kind) {
    case 'release':
      world.release(act.to);
      return;
    case 'abort':
    case 'unabort':
      world.status = { ...world.status, abort: act.kind === 'abort' };
      return;
    case 'go-on':
      world.status = { ...world.status, pauseConditions: undefined };
      return;
    case 'heal':
      world.broken.clear();
      return;
    case 'command':
      command(world, act.verb, `v${act.to}`);
      return;
    case 'scale':
      world.given = { ...world.given, replicas: act.to };
      return;
    case 'break':
      world.broken.add(`v${act.to}`);
      return;
    case 'finish':
      for (const run of world.runs) if (run.status === undefined) world.finish(run.metadata.name, act.phase);
      return;
    case 'edit': {
      // Nobody selects a revision that has no pods: what happens then is on whoever does it.
      const to = act.to === null ? undefined : `v${act.to}`;
      if (to === undefined || world.readyPods(to) > 0) world.editService(act.service, to);
      return;
    }
    case 'hold':
      world.given = { ...world.given, paused: act.isOn };
  }
}

function command(world: BlueGreenWorld, verb: string, to: string): void {
  const id = `${world.now}-${world.writes.length}`;
  const { [shopKeys.commandRevision]: _old, ...others } = world.annotations;
  const revision = verb === 'rollback' ? { [shopKeys.commandRevision]: to } : {};
  world.annotations = { ...others, [shopKeys.command]: verb, [shopKeys.commandId]: id, ...revision };
}

interface Given {
  readonly script: readonly (readonly [number, Action])[];
  /** Which writes the controller dies before. */
  readonly crashes: readonly boolean[];
  readonly strategy: ConstructorParameters<typeof BlueGreenWorld>[0];
}

const drainMs = 10_000;

function play({ script, crashes, strategy }: Given): string[] {
  const world = new BlueGreenWorld(strategy);
  const violations = watchBlueGreen(world, { drainMs });
  world.run();
  let write = 0;
  world.crashes = () => crashes[(write += 1) % 97] === true;
  for (const [gapMs, act] of script) {
    const at = world.now + gapMs;
    world.run(() => false, gapMs);
    world.now = Math.max(world.now, at);
    carryOut(world, act);
  }
  world.crashes = () => false;
  world.broken.clear();
  world.run();
  return [...violations, ...atRest(world)];
}

function atRest(world: BlueGreenWorld): string[] {
  const violations: string[] = [];
  const { status } = world;
  const isFinal = status?.phase === 'Healthy' && status.stableRS === status.currentPodHash;
  for (const { effect } of world.writes) {
    const waiting = effect.kind === 'Status' ? effect.after.waiting : undefined;
    if (waiting && waiting.on !== 'user' && waiting.until === undefined)
      violations.push(`L04: no end of ${waiting.reason}`);
  }
  if (!isFinal && status?.waiting === undefined) violations.push(`L04: ${status?.phase} waits for nothing`);
  if (world.pass()) violations.push('L01: still writing after it settled');
  const again = [decide(world.observe()), decide(world.observe())];
  if (JSON.stringify(again[0]) !== JSON.stringify(again[1])) violations.push('the same observation gave two decisions');
  const live = world.services.get(active);
  if (status?.stableRS && live === undefined) violations.push('L01: the active Service was never adopted');
  if (live !== undefined && world.readyPods(live) < world.replicas)
    violations.push(`L01: ${live} is live without all pods`);
  if (status?.transition === undefined && status?.stableRS && live !== status.stableRS)
    violations.push(`S06: ${live} is live, ${status.stableRS} is stable`);
  return violations;
}

const numRuns = Number(process.env.RUNS ?? 60);
const seed = Number(process.env.SEED ?? 1);
const templates = { templates: [{ templateName: 'errors' }] };
const strategy = fc.record({
  shown: fc.boolean(),
  blueGreen: fc.record(
    {
      previewReplicaCount: fc.constantFrom(0, 1, 3),
      autoPromotionEnabled: fc.boolean(),
      autoPromotionSeconds: fc.constantFrom(0, 5),
      scaleDownDelaySeconds: fc.constant(drainMs / 1000),
      abortScaleDownDelaySeconds: fc.constantFrom(0, drainMs / 1000, 30),
      prePromotionAnalysis: fc.constant(templates),
      postPromotionAnalysis: fc.constant(templates),
    },
    { requiredKeys: ['scaleDownDelaySeconds'] },
  ),
});

describe('whatever people do with blue-green', () => {
  it('no safety rule is broken, and it comes to rest with a reason', () => {
    const gap = fc.oneof(fc.integer({ min: 0, max: 1_500 }), fc.integer({ min: 0, max: 20_000 }));
    const given = fc.record({
      script: fc.array(fc.tuple(gap, action), { maxLength: 10 }),
      crashes: fc.array(fc.boolean(), { maxLength: 97 }).map((list) => list.map((one, at) => one && at % 3 === 0)),
      strategy,
    });
    fc.assert(
      fc.property(given, (one) => {
        expect(play(one)).toEqual([]);
      }),
      { numRuns, seed, endOnFailure: process.env.RUNS !== undefined },
    );
  }, 300_000);
});
