/** Pods of the simulated cluster, and what follows by itself: those of ReplicaSets, and the endpoints of Services. */

import type { PodView } from '../observed.ts';
import { timeText } from '../time-text.ts';
import { start } from './builders.ts';

export interface WorldPod {
  readonly name: string;
  readonly podHash: string;
  readonly createdAt?: number;
  readyAt: number;
  endsAt: number | undefined;
  /** When a scale-down took it while it was ready. */
  lostAt?: number;
}

/** The pod as the controller's cache has it. */
export function podOf(pod: WorldPod, ready: boolean): PodView {
  const creationTimestamp = pod.createdAt === undefined ? {} : { creationTimestamp: timeText(pod.createdAt) };
  const metadata = { name: pod.name, namespace: 'shop', ...creationTimestamp };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    podHash: pod.podHash,
    ready,
    leaving: pod.endsAt !== undefined,
    troubles: [],
  };
}

export interface WorldSet {
  replicas: number;
  revision: number;
  annotations: Record<string, string>;
}

export interface PodTimes {
  readonly podStartMs?: number;
  readonly podStopMs?: number;
  readonly endpointMs?: number;
}

/** The part of the world that follows by itself: pods of ReplicaSets, and endpoints of Services. */
export class PodWorld {
  now = start;
  readonly sets = new Map<string, WorldSet>();
  pods: WorldPod[] = [];
  readonly services = new Map<string, string | undefined>();
  /** Changes of what a Service's endpoints are, each visible from its time on. */
  readonly endpointViews = new Map<string, { at: number; ready: Record<string, number> }[]>();
  /** Revisions whose pods never get ready. */
  readonly broken = new Set<string>();
  podCount = 0;
  private readonly times: PodTimes;

  constructor(times: PodTimes) {
    this.times = times;
  }

  readyPods(podHash: string): number {
    return this.pods.filter((pod) => pod.podHash === podHash && this.isReady(pod)).length;
  }

  isReady(pod: WorldPod): boolean {
    return pod.endsAt === undefined && pod.readyAt <= this.now && !this.broken.has(pod.podHash);
  }

  /** Ready endpoints of a Service by revision, as the controller sees them. */
  endpoints(service: string): Record<string, number> {
    const views = this.endpointViews.get(service) ?? [];
    return views.findLast((one) => one.at <= this.now)?.ready ?? {};
  }

  /** The ReplicaSet controller and the endpoints controller. */
  settlePods(): void {
    for (const [podHash, set] of this.sets) {
      const alive = this.pods.filter((pod) => pod.podHash === podHash && pod.endsAt === undefined);
      for (let missing = set.replicas - alive.length; missing > 0; missing -= 1) {
        this.podCount += 1;
        const readyAt = this.now + (this.times.podStartMs ?? 2_000);
        const name = `web-${podHash}-${this.podCount}`;
        this.pods.push({ name, podHash, readyAt, endsAt: undefined, createdAt: this.now });
      }
      const doomed = alive.sort((one, other) => Number(this.isReady(one)) - Number(this.isReady(other)));
      for (const pod of doomed.slice(0, Math.max(0, alive.length - set.replicas))) this.take(pod);
    }
    this.pods = this.pods.filter((pod) => pod.endsAt === undefined || pod.endsAt > this.now);
    for (const name of this.services.keys()) this.followEndpoints(name);
  }

  protected evict(name: string): void {
    const pod = this.pods.find((one) => one.name === name && one.endsAt === undefined);
    if (pod !== undefined) pod.endsAt = this.now + (this.times.podStopMs ?? 1_000);
  }

  private take(pod: WorldPod): void {
    if (this.isReady(pod)) pod.lostAt = this.now;
    pod.endsAt = this.now + (this.times.podStopMs ?? 1_000);
  }

  private followEndpoints(service: string): void {
    const podHash = this.services.get(service);
    const ready: Record<string, number> = {};
    for (const pod of this.pods)
      if (this.isReady(pod) && (podHash === undefined || pod.podHash === podHash))
        ready[pod.podHash] = (ready[pod.podHash] ?? 0) + 1;
    const views = this.endpointViews.get(service) ?? [];
    if (JSON.stringify(views.at(-1)?.ready) !== JSON.stringify(ready))
      views.push({ at: this.now + (this.times.endpointMs ?? 200), ready });
    this.endpointViews.set(service, views);
  }

  /** When a pod or an endpoint changes next, and times that are over. */
  protected podTimes(): readonly number[] {
    return [
      ...this.pods.flatMap((pod) => [pod.readyAt, pod.endsAt ?? 0]),
      ...[...this.endpointViews.values()].flatMap((views) => views.map((one) => one.at)),
    ];
  }
}
