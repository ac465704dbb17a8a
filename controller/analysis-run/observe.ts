/** Gathers what is known about one run: the object (the newer of cache and own write), its settings, and what was measured. */
import type { Store } from '../../kube/api.ts';
import { isOlder } from '../../kube/cache/resource-version.ts';
import type { Dialect } from '../../crds/schema/dialect.ts';
import type { JobView } from './job-view.ts';
import type { Measurements } from './measurements.ts';
import type { AnalysisRunObject, Observed } from './observed.ts';
import { prepareSpec } from './prepare.ts';

export interface ObserveParts {
  readonly runs: Store<AnalysisRunObject>;
  /** Index `run`: uid of the AnalysisRun. */
  readonly jobs?: Store<JobView> | undefined;
  readonly dialect: Dialect;
  readonly measurements: Measurements;
  readonly providers: readonly string[];
  /** The last answers to own status writes, by uid: the cache shows them only a moment later. */
  readonly written: Map<string, AnalysisRunObject>;
}

/** Undefined when the run is gone. */
export function observe(namespace: string, name: string, parts: ObserveParts): Observed | undefined {
  const cached = parts.runs.get(namespace, name);
  const uid = cached?.metadata.uid;
  if (cached === undefined || uid === undefined) return undefined;
  const own = parts.written.get(uid);
  const isAhead = own !== undefined && isOlder(cached.metadata.resourceVersion, own.metadata.resourceVersion);
  if (own !== undefined && !isAhead) parts.written.delete(uid);
  const run = isAhead ? own : cached;
  return {
    run,
    prepared: prepareSpec(run, parts.dialect, parts.providers),
    dialect: parts.dialect,
    taken: parts.measurements.taken(uid),
    inFlight: parts.measurements.inFlight(uid),
    finishedAt: parts.measurements.finishedAt(uid),
    jobs: (parts.jobs?.byIndex('run', uid) ?? []).filter(
      ({ isOver, metadata }) => !isOver && metadata.deletionTimestamp === undefined,
    ),
  };
}
