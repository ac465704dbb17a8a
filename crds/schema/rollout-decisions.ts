/** What a Rollout's status says beyond Argo's fields: the recorded intent, what it waits for, the verdict, the last command. */

import type { z } from 'zod';
import { GateStatus, PluginEnd } from './gates.ts';
import { flag, int32, int64, list, object, oneOf, text, time } from './fields.ts';

/** Causes of a failed revision; hold causes never set a verdict. */
export const verdictCauses = [
  'AnalysisFailed',
  'AbortedByUser',
  'ProgressDeadline',
  'ImageMissing',
  'CrashLoop',
  'GateFailed',
  'StepPluginFailed',
] as const;
export type VerdictCause = (typeof verdictCauses)[number];

export const Transition = object(
  'The change that was decided and is being carried out; recorded before its first write.',
  {
    id: text('Names this change; a new one gets a new id.'),
    kind: oneOf(['weight', 'promote', 'abort', 'supersede', 'back-to-stable'], 'What is being done.'),
    since: time('When it was decided.'),
  },
  { from: text('State before, such as a weight or a pod hash.'), to: text('State wanted.') },
);
export type Transition = z.infer<typeof Transition>;

export const WaitingStatus = object(
  'What the object waits for; absent in a final state.',
  {
    reason: text('Machine-readable reason, one word.'),
    on: text('What it waits for: Kind/name, or user.'),
    moves: text('What makes it go on, one sentence.'),
  },
  {
    value: text('Value seen last.'),
    limit: text('Value that is needed.'),
    until: time('When the wait ends by itself.'),
  },
);
export type WaitingStatus = z.infer<typeof WaitingStatus>;

export const Verdict = object(
  'Why the current revision was given up. Present from the abort until a new revision or a retry.',
  {
    outcome: oneOf(['Failed'], 'Always Failed.'),
    cause: oneOf(verdictCauses, 'What made it fail.'),
    podHash: text('Pod template hash of the revision that failed.'),
    revision: int64('Number of that revision.', { minimum: 0 }),
    at: time('When it was decided.'),
    message: text('The cause in one sentence.'),
  },
  {
    actor: text('Who aborted it, when a person did.'),
    analysisRun: text('Name of the AnalysisRun that failed.'),
    metric: text('Metric that failed.'),
    value: text('Value measured.'),
    limit: text('Limit that was passed.'),
    keepGit: flag('True when the person asked to leave Git alone.'),
    confirmedStableAt: time('When all traffic was confirmed to be back on the stable revision.'),
  },
);
export type Verdict = z.infer<typeof Verdict>;

export const LastCommand = object(
  'The command handled last and what became of it.',
  {
    id: text('Id of the command.'),
    verb: text('What was asked for, as it was written.'),
    outcome: oneOf(['Applied', 'Rejected', 'Superseded'], 'What became of it.'),
    message: text('The outcome in one sentence.'),
    at: time('When it was handled.'),
  },
  { actor: text('Who asked for it.') },
);
export type LastCommand = z.infer<typeof LastCommand>;

/** Fields added to Argo's status; in argoproj.io they live in the RolloutRun instead. */
export const decisionFields = {
  attempt: int32('Which attempt of the current revision this is, counted from 1.', { minimum: 0 }),
  runName: text('Name of the RolloutRun that records this release.'),
  transition: Transition,
  waiting: WaitingStatus,
  drainUntil: time('Until when a revision without weight keeps its pods, so that open requests can end.'),
  verdict: Verdict,
  failedPodHash: text('Pod template hash that failed last; it is not promoted again without a new command.'),
  failedPodHashes: list(
    text('A pod template hash.'),
    'All pod template hashes that failed, the newest last; none of them is promoted again without a new command.',
    {
      maxItems: 20,
      atomic: true,
    },
  ),
  lastCommand: LastCommand,
  gates: list(GateStatus, 'What the gates said of the current revision and attempt.', { maxItems: 16, atomic: true }),
  pluginEnds: list(
    PluginEnd,
    'Step plugins of earlier revisions and attempts that still have to be told of their end.',
    {
      maxItems: 64,
      atomic: true,
    },
  ),
};
