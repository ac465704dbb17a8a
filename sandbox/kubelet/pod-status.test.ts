/** The status of a pod out of the states of its containers. */

import { describe, expect, it } from 'vitest';
import { Pod } from './pod.ts';
import { type ContainerReport, type ContainerState, podStatus } from './pod-status.ts';

const now = '2026-01-01T00:00:10Z';
const before = '2026-01-01T00:00:00Z';

function aPod(more: { restartPolicy?: string; conditions?: object[]; gates?: string[] } = {}): Pod {
  const { restartPolicy = 'Always', conditions = [], gates = [] } = more;
  return Pod.parse({
    metadata: { name: 'web-1', namespace: 'shop', uid: 'u1', resourceVersion: '1' },
    spec: {
      containers: [{ name: 'app' }],
      restartPolicy,
      readinessGates: gates.map((conditionType) => ({ conditionType })),
    },
    status: { conditions },
  });
}

const report = (state: ContainerState, more: Partial<ContainerReport> = {}): ContainerReport => ({
  name: 'app',
  image: 'i',
  restartCount: 0,
  state,
  ...more,
});

const statusOf = (pod: Pod, ...containers: ContainerReport[]) =>
  podStatus(pod, { podIp: '10.244.0.9', hostIp: '10.244.0.1', startTime: before, containers, now });

const running: ContainerState = { kind: 'running', startedAt: before, ready: true };
const ended = (exitCode: number): ContainerState => ({
  kind: 'terminated',
  exitCode,
  startedAt: before,
  finishedAt: now,
});

describe('pod status', () => {
  it.each([
    ['Always', [report({ kind: 'waiting', reason: 'ContainerCreating' })], 'Pending', 'False'],
    ['Always', [report(running)], 'Running', 'True'],
    ['Always', [report(running), report({ ...running, ready: false }, { name: 'side' })], 'Running', 'False'],
    [
      'Always',
      [report({ kind: 'waiting', reason: 'CrashLoopBackOff' }, { last: ended(1), restartCount: 2 })],
      'Running',
      'False',
    ],
    ['Always', [report({ kind: 'waiting', reason: 'ImagePullBackOff' })], 'Pending', 'False'],
    ['Never', [report(ended(0))], 'Succeeded', 'False'],
    ['Never', [report(ended(2))], 'Failed', 'False'],
    ['OnFailure', [report(ended(2))], 'Running', 'False'],
    ['OnFailure', [report(ended(0))], 'Succeeded', 'False'],
  ])('%s %j', (restartPolicy, containers, phase, ready) => {
    const status = statusOf(aPod({ restartPolicy }), ...containers);

    expect(status).toMatchObject({ phase, podIP: '10.244.0.9' });
    expect(status).toHaveProperty(
      'conditions',
      expect.arrayContaining([expect.objectContaining({ type: 'Ready', status: ready })]),
    );
  });

  it('keeps the time of a condition that did not change and conditions that are not its own', () => {
    const conditions = [
      { type: 'Ready', status: 'True', lastTransitionTime: before },
      { type: 'DisruptionTarget', status: 'True', lastTransitionTime: before },
    ];
    const status = statusOf(aPod({ conditions }), report(running));

    expect(status).toHaveProperty(
      'conditions',
      expect.arrayContaining([expect.objectContaining(conditions[0]), conditions[1]]),
    );
  });

  it('is ready only when its readiness gates are', () => {
    const gate = { type: 'lb', status: 'True' };
    const readyOf = (pod: Pod) =>
      JSON.stringify(statusOf(pod, report(running))).includes('"type":"Ready","status":"True"');

    expect(readyOf(aPod({ gates: ['lb'] }))).toBe(false);
    expect(readyOf(aPod({ gates: ['lb'], conditions: [gate] }))).toBe(true);
  });
});
