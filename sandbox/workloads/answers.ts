/**
 * What an answer of the API server means to a controller.
 */

import type { ApiResult, JsonObject, ReconcileResult } from '../../kube/api.ts';
import { sentenceOf } from '../../kube/client.ts';

type Failure = Exclude<ApiResult<JsonObject>, { kind: 'ok' }>;

/** The server's own words where there are any, as its Go client would show them. */
export function wordsOf(failure: Failure): string {
  return 'message' in failure ? failure.message : sentenceOf(failure);
}

/** Undefined when the write was carried out, or when its object is gone; else what the queue is told. */
export function retryOf(result: ApiResult<JsonObject>): ReconcileResult | undefined {
  if (result.kind === 'ok' || result.kind === 'not-found') return undefined;
  return { kind: 'retry', why: sentenceOf(result) };
}
