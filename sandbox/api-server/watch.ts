/**
 * Watches: what there is now or what changed since a revision, then every change as it is committed. An object that comes
 * to match a selector is ADDED, one that ceases to is DELETED.
 */

import type { Json, JsonObject } from '../../crds/schema/json.ts';
import type { ApiReply, WatchSink } from './contract.ts';
import type { Core, Target } from './core.ts';
import { withMetadata } from './json-access.ts';
import { integerOf } from './list.ts';
import type { Render } from './output.ts';
import { type Selection, selectionOf } from './selection.ts';
import { apiVersionOf } from './served-kind.ts';
import { expired, internalError, invalidOptions } from './status-error.ts';
import type { Change } from './store.ts';

type Query = Readonly<Record<string, string>>;

interface WatchPlan {
  readonly core: Core;
  readonly target: Target;
  readonly selection: Selection;
  readonly render: Render;
  /** Where to begin: `now` without objects, `list` with all there are as ADDED, or after a revision. */
  readonly from: 'now' | 'list' | number;
  /** The bookmark that ends the objects of the beginning. */
  readonly endOfList: boolean;
  readonly bookmarks: boolean;
  readonly timeoutMs: number | undefined;
}

/** @throws StatusError 400, 422, 500 for the request; what happens later is said in the stream. */
export function watchObjects(core: Core, target: Target, query: Query, render: Render): ApiReply {
  const version = versionOf(query.resourceVersion ?? '');
  const initial = initialEvents(query);
  const bookmarks = isTrue(query.allowWatchBookmarks);
  const seconds = integerOf(query.timeoutSeconds);
  const plan: WatchPlan = {
    core,
    target,
    render,
    selection: selectionOf(target, query),
    from: beginning(version, initial),
    endOfList: initial === true && bookmarks,
    bookmarks,
    timeoutMs: seconds > 0 ? seconds * 1000 : undefined,
  };
  return { kind: 'watch', open: (sink) => open(plan, sink) };
}

function beginning(version: number, initial: boolean | undefined): WatchPlan['from'] {
  if (initial === true) return 'list';
  if (version > 0) return version;
  return initial === false ? 'now' : 'list';
}

function versionOf(text: string): number {
  if (text === '') return 0;
  if (/^\d+$/.test(text)) return Number(text);
  const why = `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;
  throw internalError(`resourceVersion: Invalid value: ${JSON.stringify(text)}: ${why}`);
}

function isTrue(text: string | undefined): boolean {
  return text === 'true' || text === '1';
}

function initialEvents(query: Query): boolean | undefined {
  const field = 'resourceVersionMatch';
  const said = query.sendInitialEvents;
  const match = query.resourceVersionMatch ?? '';
  const unsupported = {
    reason: 'FieldValueNotSupported',
    field,
    message: `Unsupported value: ${JSON.stringify(match)}: supported values: "NotOlderThan"`,
  };
  const more = match === '' || match === 'NotOlderThan' ? [] : [unsupported];
  const refuse = (why: string) =>
    invalidOptions('ListOptions', { reason: 'FieldValueForbidden', field, message: `Forbidden: ${why}` }, ...more);
  if (said === undefined || said === '') {
    if (match === '') return undefined;
    throw refuse('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
  }
  if (match !== 'NotOlderThan') throw refuse('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  return isTrue(said);
}

function open(plan: WatchPlan, sink: WatchSink): () => void {
  const { core, target } = plan;
  const stop = new AbortController();
  const line = (type: string, object: JsonObject): void => sink.line({ type, object });
  const startedAt = core.store.revision();
  if (typeof plan.from === 'number' && plan.from < core.store.floor()) {
    line('ERROR', expired(`too old resource version: ${plan.from} (${core.store.floor()})`).status);
    sink.end();
    return () => undefined;
  }
  for (const [type, object] of beginningLines(plan)) line(type, plan.render(object));
  if (plan.endOfList) line('BOOKMARK', bookmark(plan, { 'k8s.io/initial-events-end': 'true' }));
  const after = typeof plan.from === 'number' ? Math.max(plan.from, startedAt) : startedAt;
  const unfollow = core.store.follow(target.kind.shelf, (change) => {
    if (change.rv <= after) return;
    const event = eventOf(plan, change);
    if (event !== undefined) line(event[0], plan.render(event[1]));
  });
  const close = (): void => {
    stop.abort();
    unfollow();
  };
  startTimers(
    plan,
    stop.signal,
    (object) => line('BOOKMARK', object),
    () => {
      close();
      sink.end();
    },
  );
  return close;
}

type Event = readonly [type: 'ADDED' | 'MODIFIED' | 'DELETED', object: JsonObject];

function beginningLines(plan: WatchPlan): readonly Event[] {
  const { core, target, selection, from } = plan;
  if (from === 'now') return [];
  if (from === 'list') {
    const all = core.store.list(target.kind.shelf, target.namespace);
    return all.filter((object) => selection.matches(object)).map((object) => ['ADDED', object]);
  }
  return core.store.changesAfter(target.kind.shelf, from).flatMap((change) => {
    const event = eventOf(plan, change);
    return event === undefined ? [] : [event];
  });
}

function eventOf({ target, selection }: WatchPlan, change: Change): Event | undefined {
  if (target.namespace !== '' && change.namespace !== target.namespace) return undefined;
  const { before, after } = change;
  const matched = before !== undefined && selection.matches(before);
  const matches = after !== undefined && selection.matches(after);
  if (matches) return [matched ? 'MODIFIED' : 'ADDED', after];
  if (!matched) return undefined;
  return ['DELETED', withMetadata(before, { resourceVersion: String(change.rv) })];
}

function bookmark({ core, target, render }: WatchPlan, annotations?: JsonObject): JsonObject {
  const metadata: Record<string, Json> = { resourceVersion: String(core.store.revision()) };
  if (annotations !== undefined) metadata.annotations = annotations;
  return render({ kind: target.kind.kind, apiVersion: apiVersionOf(target.kind), metadata });
}

const bookmarkEveryMs = 60_000;
/** A last bookmark shortly before the watch ends by itself, so that its reader goes on from there. */
const lastBookmarkMs = 2_000;

function startTimers(plan: WatchPlan, signal: AbortSignal, mark: (object: JsonObject) => void, end: () => void): void {
  const { clock } = plan.core;
  const { timeoutMs, bookmarks } = plan;
  const after = (ms: number, then: () => void): void => {
    const wake = (): void => {
      if (!signal.aborted) then();
    };
    // Some clocks end a sleep that is aborted, others reject it: nobody waits for it any more.
    clock.sleep(ms, signal).then(wake, wake);
  };
  if (timeoutMs !== undefined) after(timeoutMs, end);
  if (!bookmarks) return;
  if (timeoutMs !== undefined && timeoutMs > lastBookmarkMs)
    after(timeoutMs - lastBookmarkMs, () => mark(bookmark(plan)));
  const again = (): void => {
    after(bookmarkEveryMs, () => {
      mark(bookmark(plan));
      again();
    });
  };
  if (timeoutMs === undefined || timeoutMs > bookmarkEveryMs) again();
}
