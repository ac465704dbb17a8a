/** When a finished run deletes itself (spec.ttlStrategy). Pure. */
import { readTime } from '../../analysis/judge/time.ts';
import type { AnalysisRun } from '../../crds/schema/analysis-run.ts';
import type { Instant } from '../../kube/api.ts';

/** The setting for the outcome beats the one for any completion. Undefined: never. */
export function expiresAt(run: Pick<AnalysisRun, 'spec' | 'status'>): Instant | undefined {
  const { ttlStrategy } = run.spec;
  const completedAt = readTime(run.status?.completedAt);
  if (ttlStrategy === undefined || completedAt === undefined) return undefined;
  const { secondsAfterCompletion, secondsAfterFailure, secondsAfterSuccess } = ttlStrategy;
  const phase = run.status?.phase;
  const own = phase === 'Successful' ? secondsAfterSuccess : phase === 'Failed' ? secondsAfterFailure : undefined;
  const seconds = own ?? secondsAfterCompletion;
  return seconds === undefined ? undefined : completedAt + seconds * 1000;
}
