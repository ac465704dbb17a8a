/** Reads the last lines of a container's log: the one answer of the API server that is plain text. */

import { textOf } from './json.ts';
import type { ApiResult, CallOptions, Transport } from './api.ts';

export interface PodLogOptions extends CallOptions {
  readonly container: string;
  readonly tailLines: number;
  /** Counted from the first of these lines. */
  readonly limitBytes: number;
}

export type PodLog = (
  pod: { readonly namespace: string; readonly name: string },
  options: PodLogOptions,
) => Promise<ApiResult<string>>;

export function podLogReader(transport: Transport): PodLog {
  return async ({ namespace, name }, { container, tailLines, limitBytes, ...call }) => {
    const result = await transport.send({
      method: 'GET',
      path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/log`,
      query: { container, tailLines: String(tailLines), limitBytes: String(limitBytes) },
      pool: 'read',
      answer: 'text',
      ...call,
    });
    return result.kind === 'ok' ? { kind: 'ok', object: textOf(result.object, 'text') ?? '' } : result;
  };
}
