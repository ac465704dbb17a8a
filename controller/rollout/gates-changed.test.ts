/** Gates of a spec that changes while they are asked, and what their calls carry. */

import { describe, expect, it } from 'vitest';
import type { Gate } from '../../crds/schema/gates.ts';
import { enrolGates, gatePatch } from './gates.ts';
import { sceneOf } from './scene.ts';
import { anObserved, aStatus, shopKeys } from './testing/builders.ts';
import { answered, CallingWorld } from './testing/world-calls.ts';

const approve: Gate = { name: 'approve', type: 'confirm-rollout', url: 'https://user.example/hook' };
const tell: Gate = { name: 'tell', type: 'post-rollout', url: 'https://user.example/end' };

function released(gates: Gate[], serve = () => answered(403)): CallingWorld {
  const world = new CallingWorld({ rollout: { canary: { steps: [{ setWeight: 20 }] }, gates }, routed: true });
  world.run();
  world.serve = serve;
  world.image = 'shop:2';
  world.generation += 1;
  return world;
}

describe('a gate', () => {
  it('that is taken out of the spec holds no more, and status forgets it', () => {
    const world = released([approve]);
    world.run(undefined, 60_000);
    expect(world.status?.gates).toMatchObject([{ name: 'approve', outcome: 'Waiting' }]);
    world.given = { ...world.given, gates: [] };
    world.run();

    expect(world.status).toMatchObject({ phase: 'Healthy', stableRS: 'v2' });
    expect(world.status?.gates).toBeUndefined();
  });

  it('that is added in the middle holds from then on', () => {
    const world = released([tell], () => answered(200));
    world.run(({ status }) => status?.currentPodHash === 'v2');
    world.serve = () => answered(403);
    world.given = { ...world.given, gates: [tell, approve] };
    world.run(undefined, 60_000);

    expect(world.status?.gates).toMatchObject([
      { name: 'tell', outcome: 'Pending' },
      { name: 'approve', outcome: 'Waiting' },
    ]);
    expect(world.status?.stableRS).toBe('v1');
  });

  it('is signed with the key that the Rollout names', () => {
    const secretRef = { name: 'hooks', key: 'token' };
    const world = released([{ ...approve, secretRef }], () => answered(200));
    world.run();

    expect(world.calls[0]?.target).toMatchObject({ kind: 'gate', secret: secretRef });
  });

  it('that has passed lets a person promote a step', () => {
    const world = released([approve], () => answered(200));
    world.given = { ...world.given, canary: { steps: [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }] } };
    world.run(({ status }) => status?.phase === 'Paused');
    world.annotations = { [shopKeys.command]: 'promote', [shopKeys.commandId]: '1' };
    world.run();

    expect(world.status).toMatchObject({ lastCommand: { outcome: 'Applied' }, stableRS: 'v2' });
  });

  it('that was told of the end is not told again', () => {
    const world = released([tell], () => answered(200));
    world.run();
    const calls = world.callsTo('tell').length;
    world.run(undefined, 600_000);

    expect(calls).toBe(1);
    expect(world.callsTo('tell')).toHaveLength(1);
    expect(world.status?.gates).toMatchObject([{ name: 'tell', outcome: 'Passed' }]);
  });
});

it('what is noted of one gate leaves the notes of the others as they are', () => {
  const observed = anObserved({ rollout: { canary: { steps: [{ setWeight: 20 }] }, gates: [approve, tell] } });
  const enrolled = { ...aStatus(), ...enrolGates(sceneOf(observed, aStatus())).patch };
  const { gates } = gatePatch(sceneOf(observed, enrolled), tell, { outcome: 'Passed' });

  expect(gates?.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual(['approve Pending', 'tell Passed']);
});
