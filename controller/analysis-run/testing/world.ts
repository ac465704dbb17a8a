/** A small world for the analysis-run room: one namespace, an API server that keeps resourceVersions, a scripted metrics backend. */
import type { MetricProvider, Reading } from '../../../analysis/provider.ts';
import type { AnalysisRunSpec, AnalysisRunStatus } from '../../../crds/schema/analysis-run.ts';
import { type Dialect, tidegateDialect } from '../../../crds/schema/dialect.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../crds/schema/json.ts';
import type { Metric } from '../../../crds/schema/metric.ts';
import type {
  ApiResult,
  CallOptions,
  EventDraft,
  KubeClient,
  KubeObject,
  MergeOptions,
  Store,
  StoreChange,
} from '../../../kube/api.ts';
import { type FakeClock, fakeClock } from '../../../kube/fake-clock.ts';
import type { Outbound } from '../../../outbound/outcome.ts';
import type { ReconcileResult } from '../../decision.ts';
import { analysisRunReconciler, type AnalysisRunObject, type AnalysisRunRoom } from '../reconciler.ts';
import { silentLog } from '../../../kube/silent-log.ts';

export const runKey = 'shop/web-abc-1';
type Answer = Reading | ((metric: Metric) => Reading | Promise<Reading>);

export interface WorldGiven {
  readonly spec: AnalysisRunSpec;
  readonly dialect?: Dialect;
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** How the server answers a request for a token of the namespace's account, and a read of a Secret with that token. */
  readonly token?: ApiResult;
  readonly secretRead?: ApiResult;
  /** Answers in turn; the last one repeats. By metric name, or for all. */
  readonly answers?: readonly Answer[] | Readonly<Record<string, readonly Answer[]>>;
  readonly statusSubresource?: boolean;
  /** Real backends besides the scripted ones, and the answers that they get. */
  readonly providers?: readonly MetricProvider[];
  readonly outbound?: Outbound;
}

export interface World {
  readonly clock: FakeClock;
  readonly events: readonly EventDraft[];
  readonly writes: readonly { readonly patch: JsonObject; readonly options: MergeOptions }[];
  readonly asked: readonly { readonly metric: Metric; readonly at: number }[];
  readonly results: readonly ReconcileResult[];
  run(): AnalysisRunObject | undefined;
  status(): AnalysisRunStatus;
  /** Works until nothing is queued and nothing is due, then moves time on, waking what falls due on the way. */
  pass(ms?: number): Promise<void>;
  edit(change: (run: AnalysisRunObject) => AnalysisRunObject): void;
  /** The next status writes are answered with this. */
  failWrites(result: ApiResult, times: number): void;
  /** The cache shows writes only after `catchUp`. */
  lag(): void;
  catchUp(): void;
  /** A new process: all memory is lost. */
  restart(): void;
}

export function aMetric(changes: Partial<Metric> = {}): Metric {
  return {
    name: 'error-rate',
    successCondition: 'result[0] < 0.05',
    provider: { prometheus: { query: 'up' } },
    ...changes,
  };
}

export const good: Reading = { kind: 'value', value: [0.01], text: '[0.01]' };
export const bad: Reading = { kind: 'value', value: [0.5], text: '[0.5]' };
export const empty: Reading = { kind: 'value', value: [], text: '[]' };
export const down: Reading = { kind: 'unavailable', why: 'Prometheus did not answer' };

export function aWorld(given: WorldGiven): World {
  const clock = fakeClock(Date.UTC(2026, 0, 1));
  const dialect = given.dialect ?? tidegateDialect;
  const server = apiServer(given, dialect);
  const asked: { metric: Metric; at: number }[] = [];
  const events: EventDraft[] = [];
  const results: ReconcileResult[] = [];
  const queued = new Map<string, number>();
  const provider = scripted(given, asked, clock);
  let room: AnalysisRunRoom;
  let stop = (): void => undefined;
  const begin = (): void => {
    room = analysisRunReconciler({
      client: server.client,
      runs: server.store,
      clock,
      dialect,
      events: { record: (event) => void events.push(event) },
      leadership: { term: 't', signal: new AbortController().signal, mayWrite: () => true },
      outbound: given.outbound ?? { send: () => Promise.reject(new Error('no network here')) },
      providers: [provider, { ...provider, name: 'web' }, ...(given.providers ?? [])],
      log: silentLog,
    });
    stop = room.start({ add: (key, options) => queued.set(key, clock.now() + (options?.afterMs ?? 0)) });
  };
  begin();
  const work = async (): Promise<void> => {
    for (let turn = 0; turn < 200; turn += 1) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      const due = [...queued].find(([, at]) => at <= clock.now());
      if (due === undefined) return;
      queued.delete(due[0]);
      const result = await room.reconcile(due[0]);
      results.push(result);
      if (result.kind === 'again') queued.set(due[0], clock.now());
      if (result.kind === 'retry') queued.set(due[0], clock.now() + (result.afterMs ?? 1000));
      if (result.kind === 'done' && result.lookAgainAt !== undefined && !queued.has(due[0]))
        queued.set(due[0], result.lookAgainAt);
    }
    throw new Error(`the room never comes to rest: ${JSON.stringify(server.run()?.status)}`);
  };
  return {
    clock,
    events,
    asked,
    results,
    writes: server.writes,
    run: server.run,
    status: () => server.run()?.status ?? { phase: 'Pending' },
    pass: async (ms = 0) => {
      const end = clock.now() + ms;
      for (;;) {
        await work();
        const next = Math.min(end, ...queued.values());
        await clock.advance(Math.max(0, next - clock.now()));
        if (clock.now() >= end) break;
      }
      await work();
    },
    edit: server.edit,
    failWrites: server.failWrites,
    lag: server.lag,
    catchUp: server.catchUp,
    restart: () => {
      stop();
      queued.clear();
      begin();
    },
  };
}

function scripted(given: WorldGiven, asked: { metric: Metric; at: number }[], clock: FakeClock): MetricProvider {
  const counts = new Map<string, number>();
  return {
    name: 'prometheus',
    lint: () => [],
    measure: async (metric) => {
      const { answers = [good] } = given;
      const list = Array.isArray(answers)
        ? answers
        : ((answers as Readonly<Record<string, readonly Answer[]>>)[metric.name] ?? [good]);
      const index = counts.get(metric.name) ?? 0;
      counts.set(metric.name, index + 1);
      asked.push({ metric, at: clock.now() });
      const answer = (list as readonly Answer[])[Math.min(index, list.length - 1)] ?? good;
      return typeof answer === 'function' ? answer(metric) : answer;
    },
  };
}

function apiServer(given: WorldGiven, dialect: Dialect) {
  const writes: { patch: JsonObject; options: MergeOptions }[] = [];
  const handlers = new Set<(change: StoreChange<AnalysisRunObject>) => void>();
  let failures: ApiResult[] = [];
  let version = 10;
  let lagging = false;
  let live: AnalysisRunObject | undefined = aRun(given.spec, dialect, String(version));
  let cached: AnalysisRunObject | undefined = live;
  const show = (): void => {
    if (lagging) return;
    const [old, object] = [cached, live];
    cached = live;
    if (object !== undefined)
      for (const handler of handlers) handler({ kind: 'updated', object, ...(old ? { old } : {}) });
    else if (old !== undefined) for (const handler of handlers) handler({ kind: 'deleted', object: old });
  };
  const put = (next: AnalysisRunObject): AnalysisRunObject => {
    version += 1;
    live = { ...next, metadata: { ...next.metadata, resourceVersion: String(version) } };
    show();
    return live;
  };
  const merge: KubeClient['merge'] = async (_key, patch, options) => {
    writes.push({ patch: patch as JsonObject, options });
    const failure = failures.shift();
    if (failure !== undefined) return failure;
    if (live === undefined) return { kind: 'not-found', message: 'gone' };
    if (options.resourceVersion !== live.metadata.resourceVersion) return { kind: 'conflict', message: 'stale' };
    return {
      kind: 'ok',
      object: put(
        merged(live as unknown as Json, patch as Json) as unknown as AnalysisRunObject,
      ) as unknown as KubeObject & JsonObject,
    };
  };
  const client = {
    served: async () => ({
      group: dialect.group,
      kind: 'AnalysisRun',
      version: 'v1alpha1',
      plural: 'analysisruns',
      namespaced: true,
      subresources: new Set(given.statusSubresource === false ? [] : ['status']),
    }),
    merge,
    createSub: async (key: { name: string }) => given.token ?? tokenOf(key.name),
    get: async (key: { kind: string; name: string }, options?: CallOptions) =>
      options?.as?.token === 'token-of-tidegate-deployer'
        ? (given.secretRead ?? secret(given, key.name))
        : { kind: 'forbidden', message: 'not with these rights', right: 'get secrets' },
    delete: async () => {
      live = undefined;
      show();
      return { kind: 'ok', object: {} } as const;
    },
  } as unknown as KubeClient;
  const store: Store<AnalysisRunObject> = {
    synced: () => true,
    get: () => cached,
    list: () => (cached === undefined ? [] : [cached]),
    byOwner: () => [],
    byIndex: () => [],
    onChange: (handler) => {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
  };
  return {
    client,
    store,
    writes,
    run: () => live,
    edit: (change: (run: AnalysisRunObject) => AnalysisRunObject) => void (live !== undefined && put(change(live))),
    failWrites: (result: ApiResult, times: number) => {
      failures = Array.from({ length: times }, () => result);
    },
    lag: () => {
      lagging = true;
    },
    catchUp: () => {
      lagging = false;
      show();
    },
  };
}

function aRun(spec: AnalysisRunSpec, dialect: Dialect, resourceVersion: string): AnalysisRunObject {
  return {
    apiVersion: `${dialect.group}/v1alpha1`,
    kind: 'AnalysisRun',
    metadata: { name: 'web-abc-1', namespace: 'shop', uid: 'run-uid', resourceVersion, generation: 1 },
    spec,
  };
}

function tokenOf(account: string): ApiResult {
  const status = { token: `token-of-${account}`, expirationTimestamp: '2026-01-01T01:00:00Z' };
  const object = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: { name: account }, status };
  return { kind: 'ok', object };
}

function secret(given: WorldGiven, name: string): ApiResult {
  const data = given.secrets?.[name];
  if (data === undefined) return { kind: 'not-found', message: `secrets "${name}" not found` };
  const encoded = Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
  return {
    kind: 'ok',
    object: { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'shop' }, data: encoded },
  };
}

/** RFC 7386. */
function merged(target: Json | undefined, patch: Json): Json {
  if (!isJsonObject(patch)) return patch;
  const base: Record<string, Json | undefined> = isJsonObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || value === undefined) delete base[key];
    else base[key] = merged(base[key], value);
  }
  return base as Json;
}
