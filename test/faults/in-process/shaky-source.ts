/** The source process of a run: the repository in memory, some virtual time per call, and the faults of the plan around each. */

import type { Source } from '../../../source/contract.ts';
import type { PlannedFault } from '../plan/plan.ts';
import type { MemoryGit } from './memory-git.ts';
import { endSoon, never, type ProcessLife } from './process-life.ts';
import type { GitCall, Trouble } from './trouble.ts';

export interface ShakySourceParts {
  readonly git: MemoryGit;
  readonly life: ProcessLife;
  readonly trouble: Trouble;
  /** How long a call takes, milliseconds. */
  readonly latencyMs: () => number;
}

const unheard = new AbortController().signal;
const unreachable = { kind: 'unreachable', message: 'The source process does not answer.' } as const;

export function shakySource(parts: ShakySourceParts): Source {
  const { git } = parts;
  return {
    ping: () => Promise.resolve({ kind: 'ok', version: '0', git: '2.40' }),
    sync: (request) => call(parts, 'sync', () => git.sync(request)),
    render: (request) => call(parts, 'render', () => git.render(request)),
    compare: (request) => call(parts, 'compare', () => git.compare(request)),
    merge: (request) => call(parts, 'merge', () => git.merge(request)),
    push: (request) => call(parts, 'push', () => git.push(request)),
  };
}

async function call<T>(parts: ShakySourceParts, name: GitCall, carryOut: () => T): Promise<T | typeof unreachable> {
  const { life, latencyMs } = parts;
  if (life.isSealed()) return never();
  const fault = parts.trouble.atGit(name);
  await life.clock.sleep(latencyMs(), unheard);
  if (fault !== undefined && (fault.kind === 'before-commit' || fault.kind === 'unreachable')) return gone(life, fault);
  const answer = carryOut();
  await life.clock.sleep(latencyMs(), unheard);
  if (fault?.kind === 'reply-lost') return gone(life, fault);
  if (fault?.kind === 'after-reply' && fault.crash) void endSoon(life);
  return answer;
}

function gone(life: ProcessLife, fault: PlannedFault): Promise<typeof unreachable> {
  if (!fault.crash) return Promise.resolve(unreachable);
  life.end();
  return never();
}
