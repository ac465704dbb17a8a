/**
 * The life of one container: image pull, configuration, start, serving or exiting, restarts with back-off, graceful stop.
 * Everything it does is told by `changed`, so that the pod's status follows.
 */

import type { Clock, KubeClient } from '../../kube/api.ts';
import { type Behaviour, behaviourOf, pullError, splitImage } from './behaviour.ts';
import { type ContainerInput, containerInput } from './container-env.ts';
import { type Container, hashOf, type Pod } from './pod.ts';
import { type PodServer, podServer } from './pod-server.ts';
import type { ContainerReport, ContainerState } from './pod-status.ts';
import type { LogLines } from './log-lines.ts';
import { probeReadiness } from './readiness.ts';
import type { RequestCounter } from './request-counter.ts';

export interface ContainerTimes {
  readonly startDelayMs: number;
  /** How long a container goes on serving after its SIGTERM, like an app that drains. */
  readonly drainMs: number;
  readonly pullBackOffMs: number;
  readonly crashBackOffMs: number;
}

/** Where to listen: the pod's own address, loopback with a port of the system's choice, or nowhere. */
export type Listen = { readonly kind: 'own' | 'loopback'; readonly host: string } | { readonly kind: 'none' };

export interface ContainerContext {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly pod: Pod;
  readonly container: Container;
  readonly podIp: string;
  readonly listen: Listen;
  readonly times: ContainerTimes;
  readonly counter: RequestCounter;
  readonly lines: LogLines;
  changed(): void;
}

export interface ContainerRun {
  report(): ContainerReport;
  /** Address per containerPort while it serves. */
  urls(): Readonly<Record<number, string>>;
  /** Resolves when the container runs no more and will not again. */
  readonly ended: Promise<void>;
}

const maxBackOffMs = 30_000;
const configRetryMs = 1_000;

interface Running {
  state: ContainerState;
  last: ContainerState | undefined;
  restartCount: number;
  urls: Readonly<Record<number, string>>;
}

/** `stop` is the SIGTERM, `kill` ends it at once. */
export function runContainer(context: ContainerContext, stop: AbortSignal, kill: AbortSignal): ContainerRun {
  const running: Running = {
    state: { kind: 'waiting', reason: 'ContainerCreating' },
    last: undefined,
    restartCount: 0,
    urls: {},
  };
  const set = (state: ContainerState): void => {
    running.state = state;
    context.changed();
  };
  const { name, image } = context.container;
  return {
    report: () => ({
      name,
      image,
      state: running.state,
      restartCount: running.restartCount,
      ...(running.last === undefined ? {} : { last: running.last }),
    }),
    urls: () => running.urls,
    ended: live(context, running, set, stop, kill),
  };
}

type Set = (state: ContainerState) => void;

async function live(
  context: ContainerContext,
  running: Running,
  set: Set,
  stop: AbortSignal,
  kill: AbortSignal,
): Promise<void> {
  await context.clock.sleep(context.times.startDelayMs, stop);
  while (!stop.aborted) {
    if (!(await pulled(context, set, stop))) return;
    const input = await configured(context, set, stop);
    if (input === undefined) return;
    const code = await runOnce(context, running, set, input, stop, kill);
    const { restartPolicy } = context.pod.spec;
    if (stop.aborted || restartPolicy === 'Never' || (restartPolicy === 'OnFailure' && code === 0)) return;
    await waitForRestart(context, running, set, stop);
  }
}

/** False when told to stop first. */
async function pulled(context: ContainerContext, set: Set, stop: AbortSignal): Promise<boolean> {
  const { image } = context.container;
  const message = pullError(image);
  if (message === undefined) return true;
  let waitMs = context.times.pullBackOffMs;
  while (!stop.aborted) {
    set({ kind: 'waiting', reason: 'ErrImagePull', message });
    await context.clock.sleep(context.times.pullBackOffMs, stop);
    const backingOff = `Back-off pulling image "${image}": ErrImagePull: ${message}`;
    if (!stop.aborted) set({ kind: 'waiting', reason: 'ImagePullBackOff', message: backingOff });
    await context.clock.sleep(waitMs, stop);
    waitMs = Math.min(maxBackOffMs, waitMs * 2);
  }
  return false;
}

async function configured(context: ContainerContext, set: Set, stop: AbortSignal): Promise<ContainerInput | undefined> {
  const { client, pod, container, podIp } = context;
  while (!stop.aborted) {
    const result = await containerInput(client, pod, container, podIp);
    if (result.kind === 'ok') return result.input;
    set({ kind: 'waiting', reason: 'CreateContainerConfigError', message: result.problem });
    await context.clock.sleep(configRetryMs, stop);
  }
  return undefined;
}

/** The exit code. A container that serves ends with 0 at its SIGTERM. */
async function runOnce(
  context: ContainerContext,
  running: Running,
  set: Set,
  input: ContainerInput,
  stop: AbortSignal,
  kill: AbortSignal,
): Promise<number> {
  const { clock, container, lines } = context;
  lines.write(`${container.image} starts in pod ${context.pod.metadata.name}`);
  const startedAt = timeText(clock.now());
  const behaviour = behaviourOf(container.image, [...container.command, ...container.args], input.env);
  let code = 0;
  if (behaviour.kind === 'exit') {
    if (behaviour.afterMs > 0) set({ kind: 'running', startedAt, ready: container.readinessProbe === undefined });
    await clock.sleep(behaviour.afterMs, stop);
    code = stop.aborted ? 143 : behaviour.code;
  } else {
    code = await serve(context, running, set, { behaviour, input, startedAt }, stop, kill);
  }
  lines.write(`exits with code ${code}`);
  set({ kind: 'terminated', exitCode: code, startedAt, finishedAt: timeText(clock.now()) });
  return code;
}

interface Serving {
  readonly behaviour: Extract<Behaviour, { kind: 'serve' }>;
  readonly input: ContainerInput;
  readonly startedAt: string;
}

async function serve(
  context: ContainerContext,
  running: Running,
  set: Set,
  serving: Serving,
  stop: AbortSignal,
  kill: AbortSignal,
): Promise<number> {
  const { clock, container, times } = context;
  const { readyAfterMs } = serving.behaviour;
  const readyAtMs = clock.monotonicMs() + readyAfterMs;
  const isReady = (): boolean => clock.monotonicMs() >= readyAtMs;
  const servers = await openServers(context, serving, isReady);
  if (servers === undefined) return 1;
  running.urls = Object.fromEntries([...servers].map(([port, server]) => [port, server.url]));
  const { startedAt } = serving;
  const probe = { urls: running.urls, isReady: context.listen.kind === 'none' ? isReady : undefined };
  const probing = probeReadiness(clock, container, probe, stop, (ready) => {
    const { state } = running;
    if (state.kind !== 'running' || state.ready !== ready) set({ kind: 'running', startedAt, ready });
  });
  await aborted(stop);
  // A terminating pod goes on answering until the routers have heard of it.
  const preStopMs = (container.lifecycle?.preStop?.sleep?.seconds ?? 0) * 1000;
  await clock.sleep(preStopMs + times.drainMs, kill);
  await probing;
  await Promise.all([...servers.values()].map((server) => server.close()));
  running.urls = {};
  return 0;
}

/** Undefined when a port is taken, which ends the container as it would end a real one. */
async function openServers(
  context: ContainerContext,
  serving: Serving,
  ready: () => boolean,
): Promise<ReadonlyMap<number, PodServer> | undefined> {
  const servers = new Map<number, PodServer>();
  const { listen, lines, clock } = context;
  const { behaviour } = serving;
  if (listen.kind === 'none') return servers;
  for (const { containerPort } of context.container.ports) {
    try {
      const server = await podServer({
        host: listen.host,
        port: listen.kind === 'own' ? containerPort : 0,
        clock,
        log: (line) => lines.write(line),
        answer: answerOf(context, serving.input),
        counter: context.counter,
        errorPct: behaviour.errorPct,
        latencyMs: behaviour.latencyMs,
        ready,
      });
      servers.set(containerPort, server);
    } catch (error) {
      lines.write(`cannot listen on port ${containerPort}: ${error instanceof Error ? error.message : String(error)}`);
      await Promise.all([...servers.values()].map((server) => server.close()));
      return undefined;
    }
  }
  return servers;
}

function answerOf(
  { pod, container }: ContainerContext,
  input: ContainerInput,
): Parameters<typeof podServer>[0]['answer'] {
  const { name, namespace } = pod.metadata;
  const { image } = container;
  return { pod: name, namespace, hash: hashOf(pod), version: splitImage(image).tag, image, config: input.config };
}

/** The first restart comes at once, the later ones after a growing wait. */
async function waitForRestart(context: ContainerContext, running: Running, set: Set, stop: AbortSignal): Promise<void> {
  const { pod, container, times, clock } = context;
  running.last = running.state;
  const waitMs = Math.min(maxBackOffMs, times.crashBackOffMs * 2 ** Math.max(0, running.restartCount - 1));
  running.restartCount += 1;
  if (running.restartCount === 1) return;
  const who = `container=${container.name} pod=${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`;
  const message = `back-off ${Math.round(waitMs / 1000)}s restarting failed ${who}`;
  set({ kind: 'waiting', reason: 'CrashLoopBackOff', message });
  await clock.sleep(waitMs, stop);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Status times have a resolution of one second. */
export function timeText(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z');
}
