/**
 * The status that a kubelet writes for a pod, out of the states of its containers. Pure.
 */

import type { Pod, PodCondition } from './pod.ts';

export type ContainerState =
  | { readonly kind: 'waiting'; readonly reason: string; readonly message?: string }
  | { readonly kind: 'running'; readonly startedAt: string; readonly ready: boolean }
  | { readonly kind: 'terminated'; readonly exitCode: number; readonly startedAt: string; readonly finishedAt: string };

export interface ContainerReport {
  readonly name: string;
  readonly image: string;
  readonly state: ContainerState;
  readonly last?: ContainerState;
  readonly restartCount: number;
}

export interface PodReport {
  readonly podIp: string | undefined;
  readonly hostIp: string;
  readonly startTime: string;
  readonly containers: readonly ContainerReport[];
  readonly now: string;
}

/** The whole status of the pod; conditions keep their transition time while their value stays. */
export function podStatus(pod: Pod, report: PodReport): object {
  const phase = phaseOf(pod, report.containers);
  return {
    phase,
    startTime: report.startTime,
    hostIP: report.hostIp,
    hostIPs: [{ ip: report.hostIp }],
    ...(report.podIp === undefined ? {} : { podIP: report.podIp, podIPs: [{ ip: report.podIp }] }),
    conditions: conditionsOf(pod, report, phase),
    containerStatuses: report.containers.map((one) => containerStatus(pod, one)),
    qosClass: undefined,
  };
}

type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

function phaseOf(pod: Pod, containers: readonly ContainerReport[]): Phase {
  const ended = containers.every(({ state }) => state.kind === 'terminated');
  if (ended && pod.spec.restartPolicy !== 'Always') {
    const failed = containers.some(({ state }) => state.kind === 'terminated' && state.exitCode !== 0);
    if (!failed) return 'Succeeded';
    if (pod.spec.restartPolicy === 'Never') return 'Failed';
  }
  const everRan = containers.every(({ state, last }) => state.kind !== 'waiting' || last !== undefined);
  return everRan ? 'Running' : 'Pending';
}

const ourConditions = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'];

function conditionsOf(pod: Pod, report: PodReport, phase: Phase): PodCondition[] {
  const over = phase === 'Succeeded' || phase === 'Failed';
  const unready = report.containers.filter(({ state }) => !(state.kind === 'running' && state.ready));
  const gates = pod.spec.readinessGates.every(({ conditionType }) =>
    pod.status.conditions.some((one) => one.type === conditionType && one.status === 'True'),
  );
  const containersReady = unready.length === 0 && !over;
  const why = over ? 'PodCompleted' : 'ContainersNotReady';
  const names = unready.map((one) => one.name).join(' ');
  const detail = containersReady ? {} : { reason: why, message: `containers with unready status: [${names}]` };
  const gateDetail =
    containersReady && !gates ? { reason: 'ReadinessGatesNotReady', message: 'a readiness gate is not true' } : detail;
  const values: readonly [string, boolean, object][] = [
    ['PodReadyToStartContainers', report.podIp !== undefined && !over, {}],
    ['Initialized', true, {}],
    ['Ready', containersReady && gates, gateDetail],
    ['ContainersReady', containersReady, detail],
    ['PodScheduled', true, {}],
  ];
  const others = pod.status.conditions.filter((one) => !ourConditions.includes(one.type));
  return [...values.map(([type, value, more]) => condition(pod, type, value, more, report.now)), ...others];
}

function condition(pod: Pod, type: string, value: boolean, detail: object, now: string): PodCondition {
  const status = value ? 'True' : 'False';
  const known = pod.status.conditions.find((one) => one.type === type);
  const since = known?.status === status ? known.lastTransitionTime : undefined;
  return { type, status, lastProbeTime: null, lastTransitionTime: since ?? now, ...detail };
}

function containerStatus(pod: Pod, report: ContainerReport): object {
  const { state, last } = report;
  const id = `sandbox://${pod.metadata.uid}/${report.name}/${report.restartCount}`;
  return {
    name: report.name,
    image: report.image,
    imageID: state.kind === 'waiting' && last === undefined ? '' : `sandbox-image://${report.image}`,
    containerID: state.kind === 'waiting' ? '' : id,
    restartCount: report.restartCount,
    started: state.kind === 'running',
    ready: state.kind === 'running' && state.ready,
    state: stateOf(state),
    lastState: last === undefined ? {} : stateOf(last),
  };
}

function stateOf(state: ContainerState): object {
  switch (state.kind) {
    case 'waiting':
      return { waiting: { reason: state.reason, ...(state.message === undefined ? {} : { message: state.message }) } };
    case 'running':
      return { running: { startedAt: state.startedAt } };
    case 'terminated': {
      const { exitCode, startedAt, finishedAt } = state;
      return { terminated: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', startedAt, finishedAt } };
    }
  }
}
