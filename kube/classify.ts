/**
 * What an answer of the API server means to us: HTTP status and Status body to ApiResult. Pure.
 */

import { isJsonObject } from '../crds/schema/json.ts';
import type { ApiRequest, ApiResult, JsonObject, Problem } from './api.ts';
import { listOf, numberOf, parseJsonObject, textOf } from './json.ts';

export interface Answer {
  readonly status: number;
  readonly retryAfter?: string | undefined;
  readonly text: string;
}

/** When the server says busy and not for how long. */
const defaultRetryAfterMs = 1000;
const maxRetryAfterMs = 120_000;

/**
 * 409 conflict, 404 not-found, 410 gone, other 4xx that blame the request (400, 405, 406, 413, 415, 422) invalid, 401 and
 * 403 forbidden, 429 and 503 busy, all else unknown. An apply answered 500 "failed to create typed patch object" or "failed
 * to convert new object" is the server's way to say that a field is unknown or that a value can't be read: invalid, so that
 * it is never repeated.
 */
export function classify(request: ApiRequest, answer: Answer): ApiResult<JsonObject> {
  const { status } = answer;
  const body = parseJsonObject(answer.text);
  if (status >= 200 && status < 300) {
    if (request.answer === 'text') return { kind: 'ok', object: { text: answer.text } };
    if (body !== undefined) return { kind: 'ok', object: body };
    return unknown(request, `status ${status} with a body that is not a JSON object`);
  }
  const message = messageOf(answer, body);
  if (status === 409) return { kind: 'conflict', message, reason: conflictReason(body) };
  if (status === 404) return { kind: 'not-found', message };
  if (status === 410) return { kind: 'gone', message };
  if (status === 401) return { kind: 'forbidden', message, right: 'authenticate: the credentials were not accepted' };
  if (status === 403) return { kind: 'forbidden', message, right: rightOf(request, message) };
  if (status === 429 || status === 503) return { kind: 'busy', retryAfterMs: retryAfterMs(answer.retryAfter, body) };
  if (isInvalid(status, message)) return { kind: 'invalid', message, problems: problemsOf(body, message) };
  return unknown(request, `status ${status}: ${message}`);
}

const blamingStatus: ReadonlySet<number> = new Set([400, 405, 406, 413, 415, 422]);
const blamingWords =
  /failed to create typed patch object|failed to convert new object .*unable to convert unstructured object/;

function isInvalid(status: number, message: string): boolean {
  return blamingStatus.has(status) || (status === 500 && blamingWords.test(message));
}

function unknown(request: ApiRequest, what: string): ApiResult<JsonObject> {
  return { kind: 'unknown', cause: new Error(`${request.method} ${request.path}: ${what}`) };
}

function conflictReason(body: JsonObject | undefined): 'AlreadyExists' | 'Conflict' {
  return textOf(body, 'reason') === 'AlreadyExists' ? 'AlreadyExists' : 'Conflict';
}

function messageOf(answer: Answer, body: JsonObject | undefined): string {
  const said = textOf(body, 'message') ?? answer.text.trim().slice(0, 300);
  return said === '' ? `the API server answered ${answer.status} without a message` : said;
}

function problemsOf(body: JsonObject | undefined, message: string): readonly Problem[] {
  const causes = listOf(body, 'details', 'causes')
    .filter(isJsonObject)
    .map((cause) => ({ field: textOf(cause, 'field') ?? '', message: textOf(cause, 'message') ?? message }));
  return causes.length > 0 ? causes : [{ field: '', message }];
}

/** Retry-After in seconds (the API server sends no dates), else details.retryAfterSeconds of the Status. */
export function retryAfterMs(header: string | undefined, body?: JsonObject): number {
  const seconds = Number(header ?? numberOf(body, 'details', 'retryAfterSeconds') ?? Number.NaN);
  if (!Number.isFinite(seconds) || seconds < 0) return defaultRetryAfterMs;
  return Math.min(seconds * 1000, maxRetryAfterMs);
}

const rightInMessage =
  /cannot (\S+) resource "([^"]*)" in API group "([^"]*)"(?: in the namespace "([^"]*)"| at the cluster scope)?/;

/** "create replicasets.apps in namespace shop": from the server's sentence, else from the request itself. */
export function rightOf(request: Pick<ApiRequest, 'method' | 'path'>, message: string): string {
  const said = rightInMessage.exec(message);
  if (said === null) return `${verbOf(request)} ${request.path}`;
  const [, verb, resource, group, namespace] = said;
  const what = group === undefined || group === '' ? resource : dotted(resource ?? '', group);
  return `${verb} ${what} ${namespace === undefined ? 'at the cluster scope' : `in namespace ${namespace}`}`;
}

/** The group belongs before the subresource: "deployments.apps/status". */
function dotted(resource: string, group: string): string {
  const [plural, ...subresource] = resource.split('/');
  return [`${plural}.${group}`, ...subresource].join('/');
}

function verbOf(request: Pick<ApiRequest, 'method'>): string {
  const verbs = { GET: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' } as const;
  return verbs[request.method];
}
