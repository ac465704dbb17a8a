/** From the first bad answer of the metrics backend to the abort in status, to the route at 100 for stable, to the canary's pods being gone. */

import { eventually } from '../bed/eventually.ts';
import type { Bench } from './core.ts';
import { type Spread, spread } from './figures.ts';
import { startMetricsBackend } from './metrics-backend.ts';
import { errorTemplate, plainRollout, routeObjects } from './plain-rollout.ts';
import type { Seen } from './watching.ts';

export interface AbortFigures {
  readonly badAnswerToAbortSeconds: Spread;
  readonly badAnswerToStable100Seconds: Spread;
  readonly badAnswerToCanaryScaledDownSeconds: Spread;
  readonly badAnswerToCanaryGoneSeconds: Spread;
  readonly abortScaleDownDelaySeconds: 1;
}

const name = 'aborted';
const steps = [{ setWeight: 20 }, { pause: {} }];

export async function measureAborts({ world, watching }: Bench, runs: number): Promise<AbortFigures> {
  const backend = await startMetricsBackend();
  const { api } = world.bed.cluster;
  const apply = (version: string) =>
    api.apply(plainRollout({ name, version, replicas: 5, steps, routed: true, analysis: 'errors' }));
  await api.apply(errorTemplate('errors', backend.url), ...routeObjects(name));
  await apply('v0');
  await watching.when('Rollout', (all) => all.some((one) => isNamed(one) && at(one, 'status', 'phase') === 'Healthy'));
  const toAbort: number[] = [];
  const toStable: number[] = [];
  const toScaled: number[] = [];
  const toGone: number[] = [];
  for (let i = 1; i <= runs; i += 1) {
    await apply(`bad-${i}`);
    await watching.when('HTTPRoute', (all) => canaryWeight(all) === 20);
    await watching.when('Rollout', (all) => all.some((one) => isNamed(one) && at(one, 'status', 'phase') === 'Paused'));
    const stableHash = String(at(rolloutOf(watching.store('Rollout').list()), 'status', 'stableRS'));
    const isCanary = (one: Seen) =>
      one.metadata.labels?.app === name && one.metadata.labels['rollouts-pod-template-hash'] !== stableHash;
    const canaryPods = (all: readonly Seen[]) => all.filter(isCanary);
    const aborted = watching.when('Rollout', (all) => at(rolloutOf(all), 'status', 'abort') === true);
    const safe = watching.when('HTTPRoute', (all) => canaryWeight(all) === 0);
    const scaled = watching.when('ReplicaSet', (all) =>
      all.filter(isCanary).every((one) => at(one, 'spec', 'replicas') === 0),
    );
    const gone = watching.when('Pod', (all) => canaryPods(all).length === 0);
    const bad = await backend.turnBad();
    toAbort.push(((await aborted) - bad) / 1000);
    toStable.push(((await safe) - bad) / 1000);
    toScaled.push(((await scaled) - bad) / 1000);
    toGone.push(((await gone) - bad) / 1000);
    backend.turnGood();
    await apply('v0');
    await eventually(
      'stable again',
      () => at(rolloutOf(watching.store('Rollout').list()), 'status', 'phase') === 'Healthy',
      { withinMs: 30_000 },
    );
  }
  await backend.stop();
  return {
    badAnswerToAbortSeconds: spread(toAbort),
    badAnswerToStable100Seconds: spread(toStable),
    badAnswerToCanaryScaledDownSeconds: spread(toScaled),
    badAnswerToCanaryGoneSeconds: spread(toGone),
    abortScaleDownDelaySeconds: 1,
  };
}

function isNamed(object: Seen): boolean {
  return object.metadata.name === name;
}

function rolloutOf(all: readonly Seen[]): Seen | undefined {
  return all.find(isNamed);
}

function at(object: Seen | undefined, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], object);
}

function canaryWeight(all: readonly Seen[]): unknown {
  const rules = at(all.find(isNamed), 'spec', 'rules') as
    | readonly { backendRefs: readonly { name: string; weight: number }[] }[]
    | undefined;
  return rules?.[0]?.backendRefs.find((ref) => ref.name === `${name}-canary`)?.weight;
}
