/** Gates of a blue-green Rollout: before the preview, before the switch of the active Service, and the way back. */

import { describe, expect, it } from 'vitest';
import type { Gate, GateType } from '../../crds/schema/gates.ts';
import { active, preview } from './testing/blue-green-world.ts';
import { answered, CallingBlueGreenWorld } from './testing/world-calls.ts';

const gate = (type: GateType): Gate => ({ name: type, type, url: 'https://gates.example/x' });
const yes = answered(200);
const no = answered(403);

function released(...types: GateType[]): { world: CallingBlueGreenWorld; open: Set<string> } {
  const open = new Set<string>();
  const world = new CallingBlueGreenWorld({ rollout: { gates: types.map(gate) } });
  world.http.serve = ({ target }) => (open.has(target.name) ? yes : no);
  world.run();
  world.release(2);
  world.run(undefined, 60_000);
  return { world, open };
}

describe('gates of a blue-green Rollout', () => {
  it('confirm-rollout holds before the preview has a pod', () => {
    const { world, open } = released('confirm-rollout');
    expect(world.readyPods('v2')).toBe(0);
    expect([world.services.get(active), world.services.get(preview)]).toEqual(['v1', 'v1']);
    expect(world.status?.waiting).toMatchObject({ reason: 'GateClosed', on: 'Gate/confirm-rollout' });

    open.add('confirm-rollout');
    world.run();
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
  });

  it.each(['pre-rollout', 'confirm-promotion'] as const)('%s holds the switch while the preview is shown', (type) => {
    const { world, open } = released(type);
    expect(world.readyPods('v2')).toBe(5);
    expect([world.services.get(active), world.services.get(preview)]).toEqual(['v1', 'v2']);

    open.add(type);
    world.run();
    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
    expect(world.services.get(active)).toBe('v2');
  });

  it('pre-rollout past its limit aborts, and live traffic was never touched', () => {
    const { world } = released('pre-rollout');
    world.run();

    expect(world.status).toMatchObject({ phase: 'Degraded', stableRS: 'v1', verdict: { cause: 'GateFailed' } });
    expect(world.services.get(active)).toBe('v1');
  });

  it('rollback aborts while the switch is held', () => {
    const { world, open } = released('confirm-promotion', 'rollback');
    open.add('rollback');
    world.run();

    expect(world.status).toMatchObject({ phase: 'Degraded', stableRS: 'v1', verdict: { cause: 'GateFailed' } });
    expect(world.services.get(active)).toBe('v1');
  });
});
