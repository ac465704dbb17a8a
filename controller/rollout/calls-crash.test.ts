/** Crashes around every call of a rollout with gates and a plugin: the end is the same, and no question is asked under a second key. */

import { describe, expect, it } from 'vitest';
import { argoDialect } from '../../crds/schema/dialect.ts';
import type { Gate } from '../../crds/schema/gates.ts';
import { splitStatus } from './recorded-status.ts';
import { shopKeys } from './testing/builders.ts';
import { watchInvariants } from './testing/invariants.ts';
import { answered, CallingWorld, type Serve } from './testing/world-calls.ts';

const url = 'https://gates.example/x';
const gates: Gate[] = [
  { name: 'go', type: 'confirm-rollout', url },
  { name: 'smoke', type: 'pre-rollout', url },
  { name: 'end', type: 'confirm-promotion', url },
  { name: 'told', type: 'post-rollout', url },
];
const steps = [{ setWeight: 20 }, { plugin: { name: 'warm' } }, { setWeight: 60 }];

/** The first answers are failures, by the execution that the key names: a repeated call gets the same answer. */
const serve: Serve = ({ key, target }) => {
  const execution = Number(key.split('/').at(-1));
  if (target.kind === 'plugin')
    return answered(200, { phase: target.operation === 'Run' && execution < 3 ? 'Running' : 'Successful' });
  return answered(target.name === 'smoke' && execution === 1 ? 500 : 200);
};

interface Ended {
  readonly world: CallingWorld;
  readonly violations: readonly string[];
  /** Passes right after a call: under way, answered, recorded. */
  readonly passes: readonly number[];
}

/** A whole release; the controller starts anew after `crashAt` passes. */
function release(crashAt: number, abortAt?: string): Ended {
  const world = new CallingWorld({ rollout: { canary: { steps }, gates }, routed: true });
  const violations = watchInvariants(world, { drainMs: 10_000 });
  world.run();
  world.serve = serve;
  world.image = 'shop:2';
  world.generation += 1;
  let pass = 0;
  let calls = 0;
  const passes = new Set<number>();
  world.run((one) => {
    pass += 1;
    if (world.calls.length > calls) for (const after of [0, 1, 2]) passes.add(pass + after);
    calls = world.calls.length;
    if (pass === crashAt) world.restart();
    const running = one.status?.canary?.stepPluginStatuses?.[0];
    if (abortAt !== undefined && (running?.executions ?? 0) > 0)
      world.annotations = { [shopKeys.command]: 'abort', [shopKeys.commandId]: abortAt };
    return false;
  });
  return { world, violations, passes: [...passes] };
}

const keysOf = ({ world }: Ended) =>
  [...new Set(world.calls.map(({ key }) => key))].filter((key) => !key.includes('confirm'));
const outcomes = ({ world }: Ended) => ({
  stableRS: world.status?.stableRS,
  gates: world.status?.gates?.map(({ name, outcome, calls }) => [name, outcome, calls]),
  plugins: world.status?.canary?.stepPluginStatuses?.map(({ operation, phase, executions }) => [
    operation,
    phase,
    executions,
  ]),
});

describe('a crash around any call', () => {
  it.each([
    ['of a release', undefined, 'v2'],
    ['of an abort', 'stop', 'v1'],
  ])(
    '%s changes neither its end nor what was asked',
    (_name, abort, stable) => {
      const plain = release(0, abort);
      expect(plain.world.status?.stableRS).toBe(stable);
      expect(plain.violations).toEqual([]);

      for (const crashAt of plain.passes) {
        const crashed = release(crashAt, abort);
        expect(outcomes(crashed), `crash at pass ${crashAt}`).toEqual(outcomes(plain));
        expect(keysOf(crashed), `crash at pass ${crashAt}`).toEqual(keysOf(plain));
        expect(crashed.violations).toEqual([]);
      }
    },
    60_000,
  );
});

describe("in Argo's group", () => {
  it('nobody is asked for gates, and plugins stand in the status that its tools read', () => {
    const world = new CallingWorld({ rollout: { canary: { steps }, gates }, routed: true });
    const observe = world.observe.bind(world);
    world.observe = () => ({ ...observe(), dialect: argoDialect });
    world.run();
    world.serve = serve;
    world.image = 'shop:2';
    world.generation += 1;
    world.run((one) => one.status?.stableRS === 'v2');

    expect(world.calls.map(({ target }) => target.name)).toEqual(['warm', 'warm', 'warm']);
    const { stored, recorded } = splitStatus(world.status ?? {});
    expect(stored.canary?.stepPluginStatuses).toMatchObject([{ name: 'warm', phase: 'Successful', executions: 3 }]);
    expect([stored.gates, recorded.gates]).toEqual([undefined, undefined]);
  });
});
