/** The sandbox's own query engine over the given samples, asked through its HTTP routes without a socket. */

import { apiAnswer } from '../../../sandbox/metrics/http-api.ts';
import { seriesStore } from '../../../sandbox/metrics/series-store.ts';
import type { PromqlServer } from './compare.ts';
import { endMs, type GivenSeries } from './samples.ts';

export function sandboxServer(series: readonly GivenSeries[]): PromqlServer {
  const store = seriesStore();
  for (const { labels, samples } of series) for (const { t, v } of samples) store.append(labels, t, v);
  return {
    async ask(path, form) {
      const answer = apiAnswer(
        { method: 'POST', path, parameters: new URLSearchParams(form) },
        { store, now: () => endMs },
      );
      // As it would come over the wire.
      return answer === undefined
        ? { status: 404, body: null }
        : { status: answer.status, body: JSON.parse(JSON.stringify(answer.body)) };
    },
  };
}
