/** A plan: which scenario, with which seed, and what goes wrong where. A file that holds one can be played again. */

import { readFileSync } from 'node:fs';
import { z } from 'zod';

export const scenarioNames = [
  'good-release',
  'bad-release',
  'main-job',
  'replica-ratio',
  'background-analysis',
  'superseded',
  'aborted-by-command',
  'two-rollouts',
  'blue-green',
] as const;
export const ScenarioName = z.enum(scenarioNames);
export type ScenarioName = z.infer<typeof ScenarioName>;

/** Where a fault strikes. Occurrences and numbers count from 1, over the whole run with all its restarts. */
export const Place = z.union([
  z.strictObject({ write: z.string(), occurrence: z.number().int().min(1) }),
  z.strictObject({ nthWrite: z.number().int().min(1) }),
  // The k-th write of a controller that was started again: a crash in recovery (P05).
  z.strictObject({ writeAfterRestart: z.number().int().min(1) }),
  z.strictObject({ git: z.enum(['sync', 'render', 'compare', 'merge', 'push']), nth: z.number().int().min(1) }),
  z.strictObject({ reading: z.number().int().min(1) }),
]);
export type Place = z.infer<typeof Place>;

/**
 * What goes wrong at a write (P01 to P10 of the catalogue):
 * - `before-commit` it never reaches the server; `reply-lost` it is carried out and nothing comes back; `after-reply` all went well;
 * - `ambiguous` it is carried out and answered with an error; `conflict` somebody else changes the object just before;
 * - `busy` answered 429 `times` in a row; `late` it arrives `ms` after the caller gave up or, with a crash, died.
 * Around a write, for the caches: `delay-watch` holds what a kind's watch has to say for `ms`, `cut-watch` ends the watch,
 * `expire-watch` lets it begin anew only with a list (410).
 * At a call to Git: `before-commit`, `reply-lost`, `after-reply`, `unreachable`. At a reading: `timeout`, `nan`, `empty`.
 */
const faultKinds = [
  'before-commit',
  'reply-lost',
  'after-reply',
  'ambiguous',
  'conflict',
  'busy',
  'late',
  'delay-watch',
  'cut-watch',
  'expire-watch',
  'unreachable',
  'timeout',
  'nan',
  'empty',
] as const;
export const FaultKind = z.enum(faultKinds);
export type FaultKind = z.infer<typeof FaultKind>;

export const PlannedFault = z.strictObject({
  at: Place,
  kind: FaultKind,
  /** True: the controller ends there and a new one starts on what is left. False: the same one lives with it. */
  crash: z.boolean().default(false),
  ms: z.number().int().min(1).optional(),
  times: z.number().int().min(1).optional(),
  /** Kind of the watch. */
  of: z.string().optional(),
});
export type PlannedFault = z.infer<typeof PlannedFault>;

export const Plan = z.strictObject({
  scenario: ScenarioName,
  seed: z.number().int().min(0),
  faults: z.array(PlannedFault),
  /** What the run showed when the plan was kept, in a sentence. */
  note: z.string().optional(),
});
export type Plan = z.infer<typeof Plan>;

/** Reads a plan file; a wrong one is an error that names the field. */
export function readPlan(path: string): Plan {
  const parsed = Plan.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${path}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is no plan'}`);
}
