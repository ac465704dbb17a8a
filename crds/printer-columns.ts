/** What `kubectl get` prints for each kind. Columns with priority 1 are shown by `-o wide` only. */

import { type Dialect, isArgo } from './schema/dialect.ts';
import type { JsonObject } from './schema/json.ts';
import type { KindName } from './schema/kinds.ts';

type ColumnType = 'string' | 'integer' | 'date';

function column(
  name: string,
  jsonPath: string,
  description: string,
  type: ColumnType = 'string',
  priority = 0,
): JsonObject {
  return { name, type, jsonPath, description, ...(priority === 0 ? {} : { priority }) };
}

function wide(name: string, jsonPath: string, description: string, type: ColumnType = 'string'): JsonObject {
  return column(name, jsonPath, description, type, 1);
}

const age = column('Age', '.metadata.creationTimestamp', 'Time since it was made.', 'date');

const counts = [
  column('Desired', '.spec.replicas', 'Pods wanted.', 'integer'),
  column('Current', '.status.replicas', 'Pods of all revisions.', 'integer'),
  column('Up-to-date', '.status.updatedReplicas', 'Pods of the current revision.', 'integer'),
  column('Available', '.status.availableReplicas', 'Available pods of all revisions.', 'integer'),
];

const rollout = [
  column('Phase', '.status.phase', 'Healthy, Progressing, Paused or Degraded.'),
  column('Step', '.status.currentStepIndex', 'Index of the step being run.', 'integer'),
  column('Weight', '.status.canary.weights.canary.weight', 'Traffic of the new revision.', 'integer'),
  column('Desired', '.spec.replicas', 'Pods wanted.', 'integer'),
  column('Ready', '.status.readyReplicas', 'Ready pods of all revisions.', 'integer'),
  wide('Up-to-date', '.status.updatedReplicas', 'Pods of the current revision.', 'integer'),
  wide('Available', '.status.availableReplicas', 'Available pods of all revisions.', 'integer'),
  wide('Waits-for', '.status.waiting.on', 'What it waits for.'),
  wide('Message', '.status.message', 'Why the phase is what it is.'),
  age,
];

const run = [
  column('Status', '.status.phase', 'Outcome so far.'),
  wide('Message', '.status.message', 'Why, in words.'),
  age,
];

const preset = [
  column('Arguments', '.spec.args[*].name', 'Arguments that Rollouts may give.'),
  column('Generation', '.metadata.generation', 'Rises with every change.', 'integer'),
  age,
];

const columns: Readonly<Record<KindName, readonly JsonObject[]>> = {
  Rollout: rollout,
  AnalysisTemplate: [age],
  ClusterAnalysisTemplate: [age],
  AnalysisRun: run,
  Experiment: run,
  GitSync: [
    column('Phase', '.status.phase', 'What it is doing now.'),
    column('Ready', '.status.conditions[?(@.type=="Ready")].status', 'True when the branch is applied and healthy.'),
    column(
      'In-Git',
      '.status.conditions[?(@.type=="GitInSync")].status',
      'True when the branch and the cluster say the same.',
    ),
    column('Branch', '.spec.branch', 'Branch that is followed.'),
    column('Path', '.spec.path', 'Directory that is applied.'),
    wide('Last-Good', '.status.lastGood.commit', 'Commit that proved good last.'),
    wide('Message', '.status.message', 'The phase in one sentence.'),
    age,
  ],
  Release: [
    column('Git-Sync', '.spec.gitSync.name', 'GitSync it belongs to.'),
    column('Phase', '.status.phase', 'What became of it.'),
    column('Reason', '.status.reason', 'Why.'),
    column('Subject', '.spec.subject', 'First line of the commit message.'),
    wide('Commit', '.spec.commit', 'The commit.'),
    wide('Author', '.spec.author', 'Who wrote the commit.'),
    age,
  ],
  GitRevert: [
    column('Git-Sync', '.spec.gitSync.name', 'GitSync it belongs to.'),
    column('Phase', '.status.phase', 'How far it is.'),
    column('Cause', '.spec.cause', 'What made the release fail.'),
    column('Bad', '.spec.bad.release', 'Release that is taken back.'),
    wide('Commit', '.status.commit', 'The revert commit.'),
    wide('Message', '.status.message', 'The phase in one sentence.'),
    age,
  ],
  RolloutRun: [
    column('Rollout', '.spec.rollout.name', 'The Rollout.'),
    column('Revision', '.spec.revision', 'Number of the revision.', 'integer'),
    column('Phase', '.status.phase', 'How far it is.'),
    column('Cause', '.status.outcome.cause', 'What made it fail.'),
    column('Finished', '.status.finishedAt', 'When it ended.', 'date'),
    wide('Outcome', '.status.outcome.message', 'How it ended.'),
    age,
  ],
  StrategyPreset: preset,
  ClusterStrategyPreset: preset,
};

/** In argoproj.io a Rollout shows the columns that Argo's users know. */
export function printerColumns(kind: KindName, dialect: Dialect): readonly JsonObject[] {
  return kind === 'Rollout' && isArgo(dialect) ? [...counts, age] : columns[kind];
}
