/** Turns what was noted during a scenario into its part of the timeline: traffic, moments, and the verdict in a sentence. Pure. */

import { short } from '../../../cli/view/git-sentences.ts';
import type { ScenarioResult } from '../events.ts';
import type { Scenario } from '../scenarios.ts';
import type { AppPicture } from '../view/demo-scene.ts';
import type { Pin, TimelineRun, TrafficSample } from '../view/timeline.ts';
import { type CounterSample, lastMovedMs } from './gateway-counters.ts';

const binSimulatedMs = 2_000;

/** Requests per simulated second by role, in bins of two of them. `timeOf` gives simulated time. */
export function trafficSamples(
  samples: readonly CounterSample[],
  timeOf: (atMs: number) => number,
): readonly TrafficSample[] {
  const bins: TrafficSample[] = [];
  let last = samples[0];
  for (const sample of samples) {
    if (last === undefined) break;
    const spanMs = timeOf(sample.atMs) - timeOf(last.atMs);
    if (spanMs < binSimulatedMs) continue;
    const perSecond = (from: number, to: number): number => ((to - from) / spanMs) * 1000;
    bins.push({
      at: timeOf(sample.atMs),
      stablePerSecond: perSecond(last.stable, sample.stable),
      canaryPerSecond: perSecond(last.canary, sample.canary),
    });
    last = sample;
  }
  return bins;
}

export interface Ending {
  readonly scenario: Scenario;
  readonly result: ScenarioResult;
  readonly samples: readonly CounterSample[];
  readonly heads: readonly { readonly atMs: number; readonly commit: string }[];
  /** Hash of the version that the scenario released. */
  readonly hash: string;
  /** When nothing moved any more. */
  readonly endMs: number;
  readonly timeOf: (atMs: number) => number;
}

/** Traffic back and revert after a rollback, else the promotion. */
export function endPins({ scenario, result, samples, heads, hash, endMs, timeOf }: Ending): readonly Pin[] {
  if (result.revertCommit === null)
    return [{ at: timeOf(endMs), kind: 'promoted', text: `web ${scenario.version} is stable` }];
  const backMs = lastMovedMs(hash, samples);
  const back: Pin[] =
    backMs === undefined ? [] : [{ at: timeOf(backMs), kind: 'traffic-back', text: 'last request to the canary' }];
  const reverted = heads.find(({ commit }) => commit === result.revertCommit);
  const text = `revert ${short(result.revertCommit)} pushed by Tidegate`;
  return reverted === undefined ? back : [...back, { at: timeOf(reverted.atMs), kind: 'revert', text }];
}

export function verdictOf({ scenario, result }: Ending, app: AppPicture | undefined): TimelineRun['verdict'] {
  const { outcome, exposedRequests, abortToStableMs, canarySharesPct, revertCommit, problems = [] } = result;
  switch (outcome) {
    case 'Unexpected':
      return { word: outcome, isGood: false, sentence: problems.join(' ') };
    case 'RolledBack': {
      const why = app?.verdict === undefined ? '' : `${app.verdict.breach}; `;
      const back = `traffic was back ${abortToStableMs ?? '?'} ms of real time after the verdict`;
      const sentence = `${why}${back}, ${exposedRequests} requests exposed, Git reverted by ${short(revertCommit ?? '')}.`;
      return { word: outcome, isGood: false, sentence };
    }
    case 'Promoted':
    case 'GatePromoted': {
      const shares = canarySharesPct.map((share) => `${share} %`).join(', then ');
      const sentence = `web ${scenario.version} serves everybody; on the way it got ${shares} of the requests.`;
      return { word: outcome, isGood: true, sentence };
    }
  }
}
