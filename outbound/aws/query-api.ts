/** One call of an AWS query API: a signed form by POST, XML as the answer, and what a refusal of AWS means. */

import type { Outbound, OutboundOutcome, SignatureCredentials } from '../outcome.ts';
import { serviceHost } from './region.ts';
import type { AwsService, AwsSettings } from './settings.ts';
import { type Element, find, parseXml, textAt } from './xml.ts';

export interface QueryCall {
  readonly service: AwsService;
  readonly region: string;
  readonly version: string;
  readonly action: string;
  readonly params: Readonly<Record<string, string>>;
  /** Absent: not signed. */
  readonly credentials?: SignatureCredentials;
  readonly signal: AbortSignal;
}

/**
 * `result` is the `<Action>Result` element. `lasting`: it will not pass by itself. `code` is AWS's own word for it. Sentences
 * name service, code and status only: AWS's own sentences may repeat what was signed.
 */
export type QueryAnswer =
  | { readonly kind: 'result'; readonly result: Element }
  | { readonly kind: 'failed'; readonly why: string; readonly lasting: boolean; readonly code?: string };

const timeoutMs = 15_000;
const maxBytes = 8 * 1024 * 1024;
/** First label of the host, and the name that people know. */
const names: Readonly<Record<AwsService, readonly [string, string]>> = {
  sts: ['sts', 'AWS STS'],
  monitoring: ['monitoring', 'CloudWatch'],
  elasticloadbalancing: ['elasticloadbalancing', 'AWS Elastic Load Balancing'],
  aps: ['aps-workspaces', 'Amazon Managed Prometheus'],
};

export async function callQueryApi(
  outbound: Outbound,
  { endpoints }: Pick<AwsSettings, 'endpoints'>,
  { service, region, version, action, params, credentials, signal }: QueryCall,
): Promise<QueryAnswer> {
  const [label, name] = names[service];
  const outcome = await outbound.send({
    url: endpoints[service] ?? `https://${serviceHost(label, region)}/`,
    method: 'POST',
    headers: { accept: 'text/xml', 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body: new URLSearchParams({ Action: action, Version: version, ...params }).toString(),
    ...(credentials === undefined ? {} : { credentials }),
    timeoutMs,
    maxBytes,
    signal,
  });
  return answerOf(outcome, name, action);
}

function answerOf(outcome: OutboundOutcome, name: string, action: string): QueryAnswer {
  if (outcome.kind !== 'response') {
    const lasting = outcome.kind === 'refused' || outcome.kind === 'too-large';
    return { kind: 'failed', why: `${name} did not answer: ${outcome.why}`, lasting };
  }
  const { status } = outcome;
  const root = parseXml(outcome.body);
  if (status < 200 || status > 299) return refusal(root, status, { name, action });
  const result = find(root, `${action}Result`);
  if (result === undefined)
    return { kind: 'failed', why: `${name} answered ${action} with something that is no answer of it`, lasting: false };
  return { kind: 'result', result };
}

const throttling = /throttl|toomanyrequests|requestlimitexceeded|limitexceeded|internal|unavailable/i;

function refusal(
  root: Element | undefined,
  status: number,
  { name, action }: { readonly name: string; readonly action: string },
): QueryAnswer {
  const said = textAt(root, 'Error', 'Code') ?? textAt(root, 'Errors', 'Error', 'Code') ?? '';
  const code = /^[\w.:-]{1,80}$/.test(said) ? said : undefined;
  const lasting = status < 500 && status !== 408 && status !== 429 && !throttling.test(code ?? '');
  const what = `HTTP ${status}${code === undefined ? '' : `, ${code}`}`;
  return {
    kind: 'failed',
    why: `${name} refused ${action} (${what})`,
    lasting,
    ...(code === undefined ? {} : { code }),
  };
}
