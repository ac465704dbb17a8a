/**
 * One pod on this node: its containers, its address, its status on the API server, and its graceful end.
 */

import type { ApiResult, Clock, KubeClient, Log, ObjectKey } from '../../kube/api.ts';
import { parseDurationMs } from '../../crds/schema/duration.ts';
import { type ContainerRun, type ContainerTimes, type Listen, runContainer, timeText } from './container-run.ts';
import type { LogLines } from './log-lines.ts';
import type { Pod } from './pod.ts';
import { podStatus } from './pod-status.ts';
import type { RequestCounter } from './request-counter.ts';

export interface PodContext {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  /** The node stops: objects stay as they are. */
  readonly stopped: AbortSignal;
  readonly podIp: string;
  readonly hostIp: string;
  readonly listen: Listen;
  readonly times: ContainerTimes;
  readonly counter: RequestCounter;
  /** The log of a container by its name. */
  readonly linesOf: (container: string) => LogLines;
}

export interface PodRun {
  /** The pod as the API server has it now. */
  update(pod: Pod): void;
  /** SIGTERM, drain, at the end of the grace period kill; then the object is removed. Repeated calls are ignored. */
  terminate(): Promise<void>;
  /** Ends the containers at once, without a word to the API server. */
  abandon(): Promise<void>;
  urls(): Readonly<Record<number, string>>;
}

const retryMs = 250;
const defaultGraceSeconds = 30;

/** Annotations that set a pod's own times, as Go durations. */
export const startDelayAnnotation = 'sandbox.tidegate.io/start-delay';
export const drainAnnotation = 'sandbox.tidegate.io/drain';
/** Written by the kubelet in loopback mode: "8080=127.0.0.1:40123", comma-separated. */
export const listensAnnotation = 'sandbox.tidegate.io/listens';

export function runPod(context: PodContext, first: Pod): PodRun {
  const { clock } = context;
  const stop = new AbortController();
  const kill = new AbortController();
  const startTime = first.status.startTime ?? timeText(clock.now());
  let pod = first;
  let terminating: Promise<void> | undefined;
  const writer = statusWriter(context, () => {
    const listens = context.listen.kind === 'loopback' ? listensText(urlsOf(runs)) : '';
    const containers = runs.map((run) => run.report());
    return {
      pod,
      listens,
      status: podStatus(pod, {
        podIp: context.podIp,
        hostIp: context.hostIp,
        startTime,
        containers,
        now: timeText(clock.now()),
      }),
    };
  });
  const times = timesOf(first, context.times);
  const runs: ContainerRun[] = first.spec.containers.map((container) =>
    runContainer(
      { ...context, pod: first, container, times, lines: context.linesOf(container.name), changed: writer.write },
      stop.signal,
      kill.signal,
    ),
  );
  writer.write();

  const end = async (): Promise<void> => {
    stop.abort();
    const grace = new AbortController();
    const graceMs = (pod.metadata.deletionGracePeriodSeconds ?? defaultGraceSeconds) * 1000;
    void clock.sleep(graceMs, grace.signal).then(() => kill.abort());
    await Promise.all(runs.map((run) => run.ended));
    grace.abort();
  };
  return {
    update: (next) => {
      pod = next;
    },
    terminate: () => {
      terminating ??= end().then(async () => {
        await writer.flush();
        await removePod(context, pod);
      });
      return terminating;
    },
    abandon: async () => {
      writer.close();
      kill.abort();
      stop.abort();
      await Promise.all(runs.map((run) => run.ended));
    },
    urls: () => urlsOf(runs),
  };
}

function urlsOf(runs: readonly ContainerRun[]): Readonly<Record<number, string>> {
  return Object.assign({}, ...runs.map((run) => run.urls())) as Readonly<Record<number, string>>;
}

function listensText(urls: Readonly<Record<number, string>>): string {
  return Object.entries(urls)
    .map(([port, url]) => `${port}=${new URL(url).host}`)
    .join(',');
}

function timesOf(pod: Pod, times: ContainerTimes): ContainerTimes {
  const { annotations } = pod.metadata;
  return {
    ...times,
    startDelayMs: parseDurationMs(annotations[startDelayAnnotation] ?? '') ?? times.startDelayMs,
    drainMs: parseDurationMs(annotations[drainAnnotation] ?? '') ?? times.drainMs,
  };
}

export function podKey(pod: Pod): ObjectKey {
  return { group: '', kind: 'Pod', namespace: pod.metadata.namespace, name: pod.metadata.name };
}

interface StatusWriter {
  /** Writes the status soon; several changes at once become one write. */
  readonly write: () => void;
  flush(): Promise<void>;
  close(): void;
}

interface StatusNow {
  readonly pod: Pod;
  readonly status: object;
  /** Where its ports are reached; '' when nowhere but at the pod's address. */
  readonly listens: string;
}

function statusWriter(context: PodContext, current: () => StatusNow): StatusWriter {
  const closed = new AbortController();
  let dirty = false;
  let working: Promise<void> | undefined;
  const work = async (): Promise<void> => {
    // Changes of the same moment (several containers, or a start that is ready at once) go out together.
    await Promise.resolve();
    while (dirty && !closed.signal.aborted) {
      dirty = false;
      const now = current();
      const { pod } = now;
      const result = await writeStatus(context.client, now);
      if (result.kind === 'ok') continue;
      if (result.kind === 'not-found' || result.kind === 'conflict') return;
      if (result.kind === 'invalid')
        context.log.error('pod status was refused', { pod: pod.metadata.name, why: result.message });
      if (result.kind === 'invalid') return;
      dirty = true;
      await context.clock.sleep(retryMs, closed.signal);
    }
  };
  const write = (): void => {
    dirty = true;
    working ??= work().finally(() => {
      working = undefined;
      if (dirty && !closed.signal.aborted) write();
    });
  };
  return { write, flush: async () => working, close: () => closed.abort() };
}

/** Whoever finds the pod ready must find where it listens, so that is written first. */
async function writeStatus(client: KubeClient, { pod, status, listens }: StatusNow): Promise<ApiResult> {
  const { uid, annotations } = pod.metadata;
  if (listens !== '' && annotations[listensAnnotation] !== listens) {
    const told = await client.merge(
      podKey(pod),
      { metadata: { annotations: { [listensAnnotation]: listens } } },
      { uid },
    );
    if (told.kind !== 'ok') return told;
  }
  return client.merge(podKey(pod), { status }, { subresource: 'status', uid });
}

/** Removes the object, as a kubelet does when the containers have ended. Tries until it is gone or another pod has its name. */
export async function removePod(context: Pick<PodContext, 'client' | 'clock' | 'stopped'>, pod: Pod): Promise<void> {
  for (let tries = 0; tries < 100 && !context.stopped.aborted; tries += 1) {
    const result = await context.client.delete(podKey(pod), { uid: pod.metadata.uid, gracePeriodSeconds: 0 });
    if (result.kind === 'ok' || result.kind === 'not-found' || result.kind === 'conflict') return;
    await context.clock.sleep(retryMs, context.stopped);
  }
}
