/**
 * Makes the answers of two servers comparable: what chance or the clock chose is replaced by a name that keeps its
 * meaning (the same uid has the same name in all answers of a case; resourceVersions keep their order).
 */

import { isJsonObject, type Json, type JsonObject, textAt } from '../../crds/schema/json.ts';
import type { Case } from './case.ts';
import type { CaseAnswers, StepAnswer } from './run-case.ts';

interface Names {
  readonly uids: Map<string, string>;
  readonly versions: Map<string, string>;
  readonly generated: Map<string, string>;
  readonly addresses: Map<string, string>;
  readonly sent: string;
}

/** One answer, ready to be compared and recorded; null for the opening of a watch. */
export type NormalAnswer = JsonObject | null;

/** What the case doesn't compare is gone from the answers, so that it is not recorded either. */
export function normalise(each: Case, run: CaseAnswers): readonly NormalAnswer[] {
  const masked = (each.ignore ?? []).reduce<Json>(
    (answers, ignored) => without(answers, ignored.path.split('.')),
    renamed(run),
  );
  return masked as unknown as readonly NormalAnswer[];
}

function without(value: Json, path: readonly string[]): Json {
  const [key = '', ...rest] = path;
  const isMeant = (at: string): boolean => key === '*' || key === at;
  if (Array.isArray(value)) {
    return (value as readonly Json[]).map((item, index) => {
      if (!isMeant(String(index))) return item;
      return rest.length === 0 ? '<not compared>' : without(item, rest);
    });
  }
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).flatMap(([at, item]): [string, Json | undefined][] => {
    if (!isMeant(at) || item === undefined) return [[at, item]];
    return rest.length === 0 ? [] : [[at, without(item, rest)]];
  });
  return Object.fromEntries(entries);
}

function renamed(run: CaseAnswers): Json[] {
  const names: Names = {
    uids: new Map(),
    versions: rankedVersions(run.answers),
    generated: new Map(),
    addresses: new Map(),
    sent: run.sent,
  };
  for (const answer of run.answers) {
    visit(bodyOf(answer), (object) => collectGenerated(object, names));
    nameUids(bodyOf(answer), names);
  }
  return run.answers.map((answer) => {
    if (answer === undefined) return null;
    if ('events' in answer)
      return { events: normal(withoutRepeatedBookmarks(answer.events), names), ended: answer.ended };
    return { status: answer.status, body: normal(answer.body, names) };
  });
}

/** How many bookmarks come one after the other is a matter of time. */
function withoutRepeatedBookmarks(events: readonly Json[]): Json[] {
  const isBookmark = (event: Json | undefined): boolean => isJsonObject(event) && event['type'] === 'BOOKMARK';
  return events.filter((event, index) => !isBookmark(event) || !isBookmark(events[index - 1]));
}

function bodyOf(answer: StepAnswer | undefined): Json {
  if (answer === undefined) return null;
  return 'events' in answer ? answer.events : answer.body;
}

function visit(value: Json | undefined, seen: (object: JsonObject) => void): void {
  if (Array.isArray(value)) for (const item of value as readonly Json[]) visit(item, seen);
  if (!isJsonObject(value)) return;
  seen(value);
  for (const item of Object.values(value)) visit(item, seen);
}

/** In the order of the keys' names: the order in which a server writes them must not matter. */
function nameUids(value: Json | undefined, names: Names): void {
  if (typeof value === 'string') {
    for (const uid of value.match(uuid) ?? []) {
      if (!names.uids.has(uid)) names.uids.set(uid, `<uid-${names.uids.size + 1}>`);
    }
  }
  if (Array.isArray(value)) for (const item of value as readonly Json[]) nameUids(item, names);
  if (!isJsonObject(value)) return;
  for (const key of Object.keys(value).toSorted()) if (key !== 'managedFields') nameUids(value[key], names);
}

/** Versions of lists, tables and bookmarks are the store's, which other writers move too: they have no place in the order. */
function hasStoreVersion(object: JsonObject): boolean {
  return typeof object['kind'] === 'string' && /(List|Table)$/.test(object['kind']);
}

function rankedVersions(answers: readonly (StepAnswer | undefined)[]): Map<string, string> {
  const found = new Set<string>();
  const collect = (value: Json | undefined): void => {
    if (Array.isArray(value)) for (const item of value as readonly Json[]) collect(item);
    if (!isJsonObject(value) || value['type'] === 'BOOKMARK') return;
    const metadata = value['metadata'];
    if (!hasStoreVersion(value) && isJsonObject(metadata) && typeof metadata['resourceVersion'] === 'string') {
      found.add(metadata['resourceVersion']);
    }
    for (const item of Object.values(value)) collect(item);
  };
  for (const answer of answers) collect(bodyOf(answer));
  const ordered = [...found].filter((text) => /^\d+$/.test(text)).toSorted((a, b) => Number(a) - Number(b));
  return new Map(ordered.map((text, index) => [text, `rv-${index + 1}`]));
}

function collectGenerated(object: JsonObject, names: Names): void {
  const { generateName, name } = object;
  if (typeof generateName !== 'string' || typeof name !== 'string') return;
  // What is longer than 58 letters is cut, so that five more fit.
  const prefix = generateName.slice(0, 58);
  if (!name.startsWith(prefix)) return;
  if (names.generated.has(name) || name === prefix || names.sent.includes(name)) return;
  const suffix = name.slice(prefix.length);
  const shape = /^[bcdfghjklmnpqrstvwxz2456789]{5}$/.test(suffix) ? 'generated' : 'oddly-generated';
  names.generated.set(name, `${prefix}<${shape}-${names.generated.size + 1}>`);
}

function normal(value: Json | undefined, names: Names): Json {
  if (value === undefined) return null;
  if (typeof value === 'string') return normalText(value, names);
  if (Array.isArray(value)) return value.map((item: Json) => normal(item, names));
  if (!isJsonObject(value)) return value;
  if (value['kind'] === 'Table') return normalObject(withoutAges(value), names);
  if (value['kind'] === 'Status') return normalObject(withSortedCauses(value), names);
  if (value['kind'] === 'APIResourceList') return normalObject(withSortedResources(value), names);
  return normalObject(value, names);
}

function normalObject(object: JsonObject, names: Names): JsonObject {
  const made: Record<string, Json> = {};
  const storeVersion = hasStoreVersion(object) || object['type'] === 'BOOKMARK';
  for (const [rawKey, item] of Object.entries(object)) {
    if (item === undefined) continue;
    const key = rawKey.length < 30 ? rawKey : normalText(rawKey, names);
    if (key === 'managedFields' && Array.isArray(item)) made[key] = sortedManagers(normal(item, names));
    else if (key === 'fieldsV1') made[key] = withSortedKeys(normal(item, names));
    else if (key === 'resourceVersion' && typeof item === 'string') made[key] = names.versions.get(item) ?? item;
    else if (key === 'nodePort' && typeof item === 'number' && !names.sent.includes(String(item))) made[key] = '<port>';
    else if (key === 'continue' && item !== '') made[key] = '<continue>';
    else if (key === 'token' && typeof item === 'string') made[key] = tokenClaims(item, names);
    else made[key] = normal(item, names);
    if (storeVersion) made[key] = withStoreVersion(made[key] ?? null);
  }
  return made;
}

function withStoreVersion(value: Json): Json {
  if (!isJsonObject(value)) return value;
  if (isJsonObject(value['metadata'])) return { ...value, metadata: withStoreVersion(value['metadata']) };
  const version = value['resourceVersion'];
  return typeof version === 'string' && version !== '' ? { ...value, resourceVersion: '<of the store>' } : value;
}

/** Keys with uids are in the order of the uids. */
function withSortedKeys(value: Json): Json {
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).map(([key, item]): [string, Json] => [key, withSortedKeys(item ?? null)]);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The server sorts by time, in seconds: two writes around the turn of a second would change places. */
function sortedManagers(value: Json): Json {
  if (!Array.isArray(value)) return value;
  const key = (item: Json): string =>
    isJsonObject(item) ? JSON.stringify([item['operation'], item['manager'], item['subresource']]) : '';
  return (value as readonly Json[]).toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}

/** A real server goes through some maps in another order each time: several faults are compared in the order of their fields. */
function withSortedCauses(status: JsonObject): JsonObject {
  const { details, message } = status;
  if (!isJsonObject(details) || !Array.isArray(details['causes']) || typeof message !== 'string') return status;
  const causes = (details['causes'] as readonly JsonObject[]).toSorted((a, b) =>
    textOfCause(a) < textOfCause(b) ? -1 : 1,
  );
  const all = causes.map(textOfCause).join(', ');
  const start = message.indexOf(': [');
  const isListOfAll = start >= 0 && message.length === start + 3 + all.length + 1;
  const sorted = isListOfAll ? `${message.slice(0, start)}: [${all}]` : message;
  return { ...status, message: sorted, details: { ...details, causes } };
}

function textOfCause(cause: JsonObject): string {
  return `${textAt(cause, 'field')}: ${textAt(cause, 'message')}`;
}

/** Custom resources are listed in the order in which their definitions were noticed. */
function withSortedResources(list: JsonObject): JsonObject {
  if (!Array.isArray(list['resources'])) return list;
  const name = (resource: Json): string => (isJsonObject(resource) ? textAt(resource, 'name') : '');
  const resources = (list['resources'] as readonly Json[]).toSorted((a, b) => (name(a) < name(b) ? -1 : 1));
  return { ...list, resources };
}

const ageColumns = /^(age|last seen|first seen|created at|duration)$/i;

function withoutAges(table: JsonObject): JsonObject {
  const { columnDefinitions, rows } = table;
  if (!Array.isArray(rows)) return table;
  const isAge = Array.isArray(columnDefinitions)
    ? (columnDefinitions as readonly Json[]).map(
        (column) => isJsonObject(column) && typeof column['name'] === 'string' && ageColumns.test(column['name']),
      )
    : [false, false, false, false];
  const cell = (value: Json, index: number): Json =>
    isAge[index] === true && typeof value === 'string' && /^\d+(s|m|m\d+s)$/.test(value) ? '<age>' : value;
  return {
    ...table,
    rows: (rows as readonly Json[]).map((row) =>
      isJsonObject(row) && Array.isArray(row['cells'])
        ? { ...row, cells: (row['cells'] as readonly Json[]).map(cell) }
        : row,
    ),
  };
}

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;
const clusterAddress = /\b10\.96\.\d+\.\d+\b/g;

function normalText(text: string, names: Names): string {
  const numbered = (map: Map<string, string>, prefix: string) => (found: string) => {
    if (prefix !== 'uid' && names.sent.includes(found)) return found;
    const name = map.get(found) ?? `<${prefix}-${map.size + 1}>`;
    map.set(found, name);
    return name;
  };
  let made = text
    .replace(uuid, numbered(names.uids, 'uid'))
    .replace(time, (found: string, fraction: string | undefined) =>
      names.sent.includes(found)
        ? found
        : fraction === undefined
          ? '<time>'
          : `<time with ${fraction.length - 1} digits>`,
    )
    .replace(clusterAddress, numbered(names.addresses, 'cluster-ip'))
    .replace(/too (old|large) resource version: \d+(,? \(?(?:current: )?)\d+/gi, 'too $1 resource version: <rv>$2<rv>')
    .replace(
      /(ResourceVersion in (?:precondition|object meta): )(\d+)/g,
      (_all, lead: string, rv: string) => `${lead}${names.versions.get(rv) ?? rv}`,
    )
    .replace(
      /(resourceVersion\\*":\\*")(\d+)/g,
      (_all, lead: string, rv: string) => `${lead}${names.versions.get(rv) ?? rv}`,
    )
    .replace(
      /(ResourceVersion in (?:record|the precondition) \()(\d+)/g,
      (_all, lead: string, rv: string) => `${lead}${names.versions.get(rv) ?? rv}`,
    )
    .replace(/\b(?:bed-admin|kubernetes-admin)\b/g, '<admin>');
  for (const [name, to] of names.generated) made = made.replaceAll(name, to);
  return made;
}

/** What a token says, without its signature and times. */
function tokenClaims(token: string, names: Names): Json {
  const part = token.split('.')[1];
  if (!token.startsWith('eyJ') || part === undefined) return normalText(token, names);
  const claims: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  if (!isJsonObject(claims)) return '<token>';
  const { iat, exp, nbf, jti, ...rest } = claims;
  const times = { seconds: Number(exp) - Number(iat), sinceIssued: Number(iat) - Number(nbf), id: typeof jti };
  return normal({ claims: { ...rest }, ...times }, names);
}
