/** Names of the situations that mutants are put into. */

export const situationNames = [
  'good-release',
  'bad-release',
  'short-analysis',
  'two-checks',
  'much-later',
  'no-metrics',
  'backend-down',
  'inconclusive',
  'terminated',
  'background',
  'ratio',
  'ratio-superseded',
  'superseded',
  'slow-drain',
  'commands',
  'abort-and-promote',
  'late-switch',
  'late-first-apply',
  'tried-again',
  'pushed-again',
  'pushed-meanwhile',
  'other-folder',
  'other-revert',
  'object-removed',
] as const;

export type SituationName = (typeof situationNames)[number];
