/** Carries out one case on one server and gives the answers as they came. */

import { isJsonObject, type Json } from '../../crds/schema/json.ts';
import type { Case, EventsStep, RequestStep, Step, Until, WatchStep } from './case.ts';
import type { OpenWatch, Target, TargetAnswer, TargetRequest } from './target.ts';

/** Absent for a watch that was opened: its events come with a later step. */
export type StepAnswer = TargetAnswer | { readonly events: readonly Json[]; readonly ended: boolean };

export interface CaseAnswers {
  readonly answers: readonly (StepAnswer | undefined)[];
  /** All that was sent, as text: what stands in it is no product of chance. */
  readonly sent: string;
}

/** A garbage collector looks for new kinds every 30 seconds. */
const MAX_WAITS = 1_100;

interface Running {
  readonly target: Target;
  readonly ns: string;
  readonly named: Map<string, Json>;
  readonly watches: Map<string, { readonly open: OpenWatch; taken: number }>;
  sent: string;
}

/** Makes the case's namespace, then its steps in order. Throws only when the server can't be reached. */
export async function runCase(target: Target, each: Case): Promise<CaseAnswers> {
  const running: Running = { target, ns: each.id, named: new Map(), watches: new Map(), sent: '' };
  await target.request({ ...bare, method: 'POST', path: '/api/v1/namespaces', body: namespaceOf(each.id) });
  const answers: (StepAnswer | undefined)[] = [];
  try {
    for (const step of each.steps) answers.push(await carryOut(running, step));
  } finally {
    for (const { open } of running.watches.values()) open.close();
  }
  return { answers, sent: running.sent };
}

const bare = {
  query: {},
  contentType: 'application/json',
  accept: 'application/json',
  userAgent: 'conformance/1.0',
} as const;

function namespaceOf(name: string): Json {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

function carryOut(running: Running, step: Step): Promise<StepAnswer | undefined> {
  if ('watch' in step) return openWatch(running, step);
  if ('events' in step) return takeEvents(running, step);
  return request(running, step);
}

async function request(running: Running, step: RequestStep): Promise<TargetAnswer> {
  const filled = requestOf(running, step);
  let answer = await running.target.request(filled);
  for (let waits = 0; step.until !== undefined && !isSo(answer, step.until) && waits < MAX_WAITS; waits++) {
    await running.target.wait();
    if (step.meanwhile !== undefined) await running.target.request(requestOf(running, step.meanwhile));
    answer = await running.target.request(filled);
  }
  if (step.as !== undefined) running.named.set(step.as, answer.body);
  return step.view === undefined ? answer : { status: answer.status, body: step.view(answer.body) };
}

function requestOf(running: Running, step: RequestStep): TargetRequest {
  const { body, text, token } = step;
  const made: TargetRequest = {
    method: step.method,
    path: filledText(running, step.path),
    query: Object.fromEntries(
      Object.entries(step.query ?? {}).map(([key, value]) => [key, filledText(running, value)]),
    ),
    contentType: step.contentType ?? (body === undefined && text === undefined ? '' : 'application/json'),
    accept: step.accept ?? 'application/json',
    userAgent: step.userAgent ?? bare.userAgent,
    ...(body === undefined ? {} : { body: filled(running, body) }),
    ...(text === undefined ? {} : { text: filledText(running, text) }),
    ...(token === undefined ? {} : { token: filledText(running, token) }),
  };
  running.sent += JSON.stringify([made.path, made.query, made.body, made.text]);
  return made;
}

async function openWatch(running: Running, step: WatchStep): Promise<StepAnswer | undefined> {
  const asked = requestOf(running, { method: 'GET', ...step, query: { watch: 'true', ...step.query } });
  const open = await running.target.watch(asked);
  running.watches.set(step.watch, { open, taken: 0 });
  return open.refused;
}

async function takeEvents(running: Running, step: EventsStep): Promise<StepAnswer> {
  const watch = running.watches.get(step.events);
  if (watch === undefined) throw new Error(`no watch named ${step.events} is open`);
  const { open, taken } = watch;
  const enough = (): boolean =>
    open.ended() || (step.count !== 'until end' && open.events().length >= taken + step.count);
  for (let waits = 0; !enough() && waits < MAX_WAITS; waits++) await running.target.wait();
  const end = step.count === 'until end' ? open.events().length : taken + step.count;
  const events = open.events().slice(taken, end);
  watch.taken = end;
  return { events, ended: open.ended() };
}

function isSo(answer: TargetAnswer, until: Until): boolean {
  if ('status' in until) return answer.status === until.status;
  return JSON.stringify(valueAt(answer.body, until.path.split('.'))) === JSON.stringify(until.equals);
}

const placeholder = /<([a-z][\w.\-/~]*)>/gi;

function filled(running: Running, value: Json): Json {
  if (typeof value === 'string') {
    const single = /^<([a-z][\w.\-/~]*)>$/i.exec(value)?.[1];
    return single === undefined ? filledText(running, value) : (lookUp(running, single) ?? value);
  }
  if (Array.isArray(value)) return value.map((item: Json) => filled(running, item));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      filledText(running, key),
      item === undefined ? item : filled(running, item),
    ]),
  );
}

function filledText(running: Running, text: string): string {
  return text.replace(placeholder, (all, name: string) => {
    const value = lookUp(running, name);
    return typeof value === 'string' || typeof value === 'number' ? String(value) : all;
  });
}

function lookUp(running: Running, name: string): Json | undefined {
  if (name === 'ns') return running.ns;
  const [step = '', ...path] = name.split('.');
  const body = running.named.get(step);
  return body === undefined ? undefined : valueAt(body, path);
}

/** The value at a path of keys and indexes. */
export function valueAt(value: Json, path: readonly string[]): Json | undefined {
  let at: Json | undefined = value;
  for (const key of path) {
    if (Array.isArray(at)) at = (at as readonly Json[])[Number(key)];
    else if (isJsonObject(at)) at = at[key];
    else return undefined;
  }
  return at;
}
