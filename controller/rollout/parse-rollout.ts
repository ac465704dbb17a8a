/** A Rollout as the API server stores it, narrowed; what can't be read becomes a problem, never an exception. */

import type { ZodType } from 'zod';
import { unsupportedFields } from '../../crds/schema/not-supported.ts';
import { objectText, reporter, valueText } from '../../crds/schema/problem.ts';
import { BlueGreenStrategy } from '../../crds/schema/blue-green.ts';
import { CanaryStrategy } from '../../crds/schema/canary.ts';
import { Rollout, RolloutSpec } from '../../crds/schema/rollout.ts';
import { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { validatePodTemplate, validateRollout } from '../../crds/schema/validate-rollout.ts';
import { type Dialect, isArgo } from '../../crds/schema/dialect.ts';
import { isJsonObject, type Json, type JsonObject } from '../../crds/schema/json.ts';
import { withoutBadQuantities } from './lenient-template.ts';
import type { RolloutObject, SpecProblem, StoredRollout } from './observed.ts';
import { argoStepHash, podTemplateHash, stepHash } from './pod-hash.ts';
import type { WorkloadTemplate } from './workload-view.ts';

export interface ParsedRollout {
  readonly rollout: StoredRollout;
  readonly podHash: string;
  readonly stepHash: string;
  readonly problems: readonly SpecProblem[];
}

/** Cached per stored object: hashing and checking are repeated only when it changed. */
const parsed = new WeakMap<RolloutObject, { source: WorkloadTemplate | undefined; parsed: ParsedRollout }>();

/** `source`: what spec.workloadRef leads to, when it is set and leads somewhere. */
export function parseRollout(object: RolloutObject, dialect: Dialect, source?: WorkloadTemplate): ParsedRollout {
  const known = parsed.get(object);
  if (known !== undefined && known.source === source) return known.parsed;
  const fresh = parse(object, dialect, source);
  parsed.set(object, { source, parsed: fresh });
  return fresh;
}

const SpecPart = Rollout.omit({ status: true });

function parse(object: RolloutObject, dialect: Dialect, source: WorkloadTemplate | undefined): ParsedRollout {
  const spec = SpecPart.safeParse(object);
  const status = readStatus(object);
  const issues = spec.success ? [] : spec.error.issues.map((issue) => unreadable(object, issue));
  const base = { apiVersion: object.apiVersion, kind: 'Rollout', metadata: object.metadata } as const;
  const raw = isJsonObject(object.spec) ? object.spec : {};
  const given = source?.template ?? (isJsonObject(raw.template) ? raw.template : {});
  const template = isArgo(dialect) ? withoutBadQuantities(given) : given;
  // The schema knows the template's head only; ReplicaSet and hash are made from every field of it.
  const readable = spec.success ? { ...spec.data.spec, template } : { ...readableParts(raw), template };
  const own = { ...base, spec: readable as Rollout['spec'], status: status.status };
  const rollout = source === undefined ? own : withWorkload(own, { ...source, template });
  const rules = spec.success
    ? [...unsupportedFields(object), ...ruleProblems(object, rollout as Rollout, dialect)]
    : [];
  const problems: SpecProblem[] = [
    ...issues,
    ...status.problems,
    ...rules.map(({ field, message }) => ({ scope: 'spec' as const, field, message })),
  ];
  return {
    rollout: rollout as StoredRollout,
    podHash: podTemplateHash(template, status.status.collisionCount),
    stepHash: planHash(raw, dialect),
    problems,
  };
}

/** The rules hold for what stands in the object; those of the pod template also for one that comes from a workload. */
function ruleProblems(object: RolloutObject, rollout: Rollout, dialect: Dialect) {
  if (rollout.spec.workloadRef === undefined) return validateRollout(rollout, dialect);
  const { template } = object.spec as JsonObject;
  const { template: _template, ...spec } = rollout.spec;
  const asGiven = { ...rollout, spec: { ...spec, ...(isJsonObject(template) ? { template } : {}) } } as Rollout;
  const own = validateRollout(asGiven, dialect);
  const isFound = Object.keys({ ...rollout.spec.template }).length > 0;
  return own.length > 0 || !isFound ? own : validatePodTemplate(rollout);
}

/** The Rollout's own selector counts where it has one (argo-rollouts.md 1.10, rule 3); a PodTemplate has none to copy. */
function withWorkload<R extends { readonly spec: Rollout['spec'] }>(rollout: R, source: WorkloadTemplate): R {
  const { metadata } = source.template;
  const labels = isJsonObject(metadata) && isJsonObject(metadata.labels) ? metadata.labels : {};
  const selector = rollout.spec.selector ?? source.selector ?? { matchLabels: labels };
  return { ...rollout, spec: { ...rollout.spec, template: source.template, selector } as Rollout['spec'] };
}

/** What can be read of a spec that can't be read whole: enough to go back to stable by, never enough to go forward. */
function readableParts(raw: JsonObject): JsonObject {
  const blueGreen = blueGreenOf(raw);
  const canary = kept(CanaryStrategy.shape, canaryOf(raw));
  const strategy = blueGreen === undefined ? { canary } : { blueGreen: kept(BlueGreenStrategy.shape, blueGreen) };
  const { strategy: _strategy, template: _template, ...fields } = RolloutSpec.shape;
  return { ...kept(fields, raw), strategy };
}

function kept(fields: Readonly<Record<string, ZodType>>, values: JsonObject): JsonObject {
  const readable = Object.entries(fields).filter(
    ([name, field]) => values[name] !== undefined && field.safeParse(values[name]).success,
  );
  return Object.fromEntries(readable.map(([name]) => [name, values[name] as Json]));
}

/** The one strategy that is set, as far as it can be read. */
function blueGreenOf(spec: JsonObject): JsonObject | undefined {
  const strategy = isJsonObject(spec.strategy) ? spec.strategy : {};
  return isJsonObject(strategy.blueGreen) && !isJsonObject(strategy.canary) ? strategy.blueGreen : undefined;
}

function canaryOf(spec: JsonObject): JsonObject {
  const strategy = isJsonObject(spec.strategy) ? spec.strategy : {};
  return isJsonObject(strategy.canary) ? strategy.canary : {};
}

/** In argoproj.io blue-green has none: status has no field for it then. */
function planHash(spec: JsonObject, dialect: Dialect): string {
  if (!isArgo(dialect)) return stepHash(stepsOf(spec));
  return blueGreenOf(spec) === undefined ? argoStepHash(canaryOf(spec).steps) : '';
}

function stepsOf(spec: JsonObject): Json {
  return canaryOf(spec).steps ?? null;
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

function unreadable(object: RolloutObject, issue: Issue): SpecProblem {
  const field = issue.path.map(String).join('.');
  const found = valueText(textOf(object, issue.path));
  const report = reporter(objectText(object));
  const { message } = report(field, found, issue.message, 'correct the manifest');
  return { scope: 'spec', field, message };
}

function textOf(object: unknown, path: readonly PropertyKey[]): string | undefined {
  const value = path.reduce<unknown>(
    (at, part) => (at as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[part],
    object,
  );
  if (value === undefined) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value).slice(0, 80);
}

/** A status that another version wrote may hold words unknown here: those fields are left out and named, nothing is guessed. */
function readStatus(object: RolloutObject): { status: RolloutStatus; problems: SpecProblem[] } {
  const raw = isJsonObject(object.status) ? object.status : {};
  const whole = RolloutStatus.safeParse(raw);
  if (whole.success) return { status: whole.data, problems: [] };
  const bad = new Set(whole.error.issues.map((issue) => String(issue.path[0])));
  const kept = Object.fromEntries(Object.entries(raw).filter(([field]) => !bad.has(field)));
  const problems = whole.error.issues.map((issue): SpecProblem => {
    const field = `status.${issue.path.map(String).join('.')}`;
    const found = valueText(textOf(raw, issue.path));
    const message = `${objectText(object)}: ${field} is ${found}, which this version does not know: run the version that wrote it, or remove the field.`;
    return { scope: 'spec', field, message };
  });
  return { status: RolloutStatus.catch({}).parse(kept), problems };
}
