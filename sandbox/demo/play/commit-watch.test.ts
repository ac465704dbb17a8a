import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../crds/schema/json.ts';
import type { Commit } from '../../api-server/contract.ts';
import { isPromoteCommand } from './commit-watch.ts';

function rollout(id: string, verb: string): JsonObject {
  return { metadata: { annotations: { 'tidegate.io/command-id': id, 'tidegate.io/command': verb } } };
}

function change(before: JsonObject, after: JsonObject, name = 'web'): Commit {
  const what = { group: 'tidegate.io', version: 'v1alpha1', kind: 'Rollout', resource: 'rollouts' };
  const caller = { user: 'somebody', userAgent: 'kubectl' };
  const how = { rv: 1, at: 0, caller, verb: 'patch', subresource: '', fieldManager: '' } as const;
  return { ...what, ...how, namespace: 'shop', name, before, after };
}

describe('a command to go on', () => {
  it.each(['promote', 'promote-full'])('%s is seen once, when it is given', (verb) => {
    const given = rollout('2', verb);

    expect(isPromoteCommand(change(rollout('1', verb), given))).toBe(true);
    expect(isPromoteCommand(change(given, given))).toBe(false);
    expect(isPromoteCommand(change(given, { metadata: {} }))).toBe(false);
  });

  it('is no other command, and of no other Rollout', () => {
    expect(isPromoteCommand(change({}, rollout('2', 'abort')))).toBe(false);
    expect(isPromoteCommand(change({}, rollout('2', 'promote'), 'other'))).toBe(false);
  });
});
