/** An outbound client that answers from a list and keeps what was sent: for tests of requests, without a network. */
import type { OutboundOutcome, OutboundRequest } from '../../outbound/outcome.ts';
import type { MeasureContext } from '../provider.ts';

export interface Asking {
  readonly sent: readonly OutboundRequest[];
  readonly context: MeasureContext;
}

export const now = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

/** Each answer once, the last one again and again; a text is the body of a 200. */
export function asking(
  answers: string | readonly (string | OutboundOutcome)[],
  changes: Partial<MeasureContext> = {},
): Asking {
  const sent: OutboundRequest[] = [];
  const list = typeof answers === 'string' ? [answers] : answers;
  const send = async (request: OutboundRequest): Promise<OutboundOutcome> => {
    const answer = list[Math.min(sent.length, list.length - 1)] ?? '';
    sent.push(request);
    return typeof answer === 'string' ? { kind: 'response', status: 200, headers: {}, body: answer } : answer;
  };
  return { sent, context: { outbound: { send }, now, signal: new AbortController().signal, ...changes } };
}
