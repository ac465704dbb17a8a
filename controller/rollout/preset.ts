/**
 * Which preset a Rollout runs by: the one that its status keeps as long as the same revision is released, and the preset as it
 * is now for a new revision or a new reference. The rest of the room sees an ordinary strategy. Pure.
 */

import { type JsonObject, objectIn } from '../../crds/schema/json.ts';
import { PresetReference, PresetSnapshot } from '../../crds/schema/preset-reference.ts';
import { objectText, type Problem, reporter, valueText } from '../../crds/schema/problem.ts';
import { fillPreset, mergeStrategy } from '../../crds/schema/resolve-preset.ts';
import { type AnyPreset, ClusterStrategyPreset, StrategyPreset } from '../../crds/schema/strategy-preset.ts';
import type { KubeObject } from '../../kube/api.ts';
import type { RolloutObject, SpecProblem } from './observed.ts';

/** The preset that a reference leads to; undefined when there is none. */
export type FindPreset = (reference: PresetReference) => (KubeObject & JsonObject) | undefined;

export interface PresetInput {
  readonly podHash: string;
  readonly find: FindPreset;
  readonly digest: (text: string) => string;
}

export interface PresetUse {
  /** The Rollout with an ordinary strategy; the same object as long as nothing changes. */
  readonly object: RolloutObject;
  /** What the run uses; undefined when there is no way to say. */
  readonly snapshot: PresetSnapshot | undefined;
  readonly problems: readonly SpecProblem[];
}

interface Known {
  readonly podHash: string;
  readonly live: object | undefined;
  readonly use: PresetUse;
}
const known = new WeakMap<RolloutObject, Known>();

export function namesPreset(object: RolloutObject): boolean {
  return strategyOf(object).preset !== undefined;
}

/** Undefined for a Rollout without a preset. Resolved again only when the Rollout, its revision or the preset changed. */
export function presetUse(object: RolloutObject, input: PresetInput): PresetUse | undefined {
  const reference = PresetReference.safeParse(strategyOf(object).preset);
  if (!reference.success) return undefined;
  const live = input.find(reference.data);
  const cached = known.get(object);
  if (cached?.podHash === input.podHash && cached.live === live) return cached.use;
  const use = resolve(object, reference.data, live, input);
  known.set(object, { podHash: input.podHash, live, use });
  return use;
}

function resolve(
  object: RolloutObject,
  reference: PresetReference,
  live: (KubeObject & JsonObject) | undefined,
  input: PresetInput,
): PresetUse {
  const { preset, stableRS } = objectIn(object.status);
  const kept = PresetSnapshot.safeParse(preset);
  const snapshot = kept.success && isSameReference(kept.data, reference) ? kept.data : undefined;
  // Going back to stable is the end of a run, not the start of one.
  if (snapshot !== undefined && (snapshot.podHash === input.podHash || stableRS === input.podHash)) {
    const current = { ...snapshot, podHash: input.podHash };
    return { object: withStrategy(object, snapshot.strategy), snapshot: current, problems: [] };
  }
  const taken = take(object, reference, live, input);
  if ('problems' in taken) {
    const last = withStrategy(object, kept.success ? kept.data.strategy : {});
    return { object: last, snapshot: undefined, problems: taken.problems };
  }
  return { object: withStrategy(object, taken.strategy), snapshot: taken, problems: [] };
}

function take(
  object: RolloutObject,
  reference: PresetReference,
  live: (KubeObject & JsonObject) | undefined,
  { podHash, digest }: PresetInput,
): PresetSnapshot | { readonly problems: readonly SpecProblem[] } {
  const filled = fillFor(object, reference, live);
  if (filled.kind === 'problems') return { problems: filled.problems.map(specProblem) };
  const { name, clusterScope, args } = reference;
  const { generation = 0 } = filled.metadata;
  return {
    name,
    ...(clusterScope === true ? { clusterScope } : {}),
    ...(args === undefined ? {} : { args }),
    podHash,
    generation,
    digest: digest(JSON.stringify(filled.strategy)),
    strategy: filled.strategy,
  };
}

/** The strategy that a preset gives a Rollout now, or every reason why it gives none. */
export function fillFor(object: RolloutObject, reference: PresetReference, live: JsonObject | undefined) {
  const rollout = objectText({ kind: 'Rollout', metadata: object.metadata });
  const report = reporter(rollout);
  const name = presetText(reference, object.metadata.namespace);
  if (live === undefined) {
    const problem = report(
      'spec.strategy.preset.name',
      valueText(reference.name),
      `there is no ${name}`,
      'create it, or correct the name',
    );
    return { kind: 'problems', problems: [problem] } as const;
  }
  const parsed = (reference.clusterScope === true ? ClusterStrategyPreset : StrategyPreset).safeParse(live);
  if (!parsed.success) {
    const unreadable = reporter(`${rollout} with ${name}`);
    const problems = parsed.error.issues.map(({ path, message }) =>
      unreadable(path.map(String).join('.'), 'not readable', message, 'correct the preset'),
    );
    return { kind: 'problems', problems } as const;
  }
  const other = otherStrategy(object, parsed.data, report);
  if (other !== undefined) return { kind: 'problems', problems: [other] } as const;
  return { ...fillPreset(parsed.data, reference, rollout), metadata: parsed.data.metadata };
}

function otherStrategy(object: RolloutObject, preset: AnyPreset, report: ReturnType<typeof reporter>) {
  const given = preset.spec.strategy.canary === undefined ? 'blueGreen' : 'canary';
  const other = given === 'canary' ? 'blueGreen' : 'canary';
  if (strategyOf(object)[other] === undefined) return undefined;
  const allowed = `${objectText(preset)} is of the strategy ${given}`;
  return report(`spec.strategy.${other}`, 'set', allowed, `write ${given}, or name another preset`);
}

export interface PresetNow {
  /** The Rollout with the strategy that its next revision would have. */
  readonly object: RolloutObject;
  /** Such as `StrategyPreset shop/careful`. */
  readonly preset: string;
  readonly problems: readonly Problem[];
}

/** What the next revision of a Rollout would run by; undefined for one without a preset. */
export function presetNow(object: RolloutObject, find: FindPreset): PresetNow | undefined {
  const reference = PresetReference.safeParse(strategyOf(object).preset);
  if (!reference.success) return undefined;
  const filled = fillFor(object, reference.data, find(reference.data));
  const preset = presetText(reference.data, object.metadata.namespace);
  if (filled.kind === 'problems') return { object, preset, problems: filled.problems };
  return { object: withStrategy(object, filled.strategy), preset, problems: [] };
}

/** Says of a problem with a field that may come from the preset where to look. */
export function namingPreset(problem: SpecProblem, use: PresetUse | undefined): SpecProblem {
  if (use?.snapshot === undefined) return problem;
  const { name, clusterScope, generation } = use.snapshot;
  const preset = presetText({ name, clusterScope }, use.object.metadata.namespace);
  return withPresetName(problem, use.object, `${preset} (generation ${generation})`);
}

/** The same problem with a sentence that names the preset, if it is one of the strategy. */
export function withPresetName<P extends { readonly field: string; readonly message: string }>(
  problem: P,
  object: Pick<RolloutObject, 'metadata'>,
  preset: string,
): P {
  const rollout = objectText({ kind: 'Rollout', metadata: object.metadata });
  if (!problem.field.startsWith('spec.strategy') || !problem.message.startsWith(`${rollout}: `)) return problem;
  return { ...problem, message: `${rollout} with ${preset}${problem.message.slice(rollout.length)}` };
}

function presetText({ name, clusterScope }: Pick<PresetReference, 'name' | 'clusterScope'>, namespace = ''): string {
  return clusterScope === true ? `ClusterStrategyPreset ${name}` : `StrategyPreset ${namespace}/${name}`;
}

function specProblem({ field, message }: Problem): SpecProblem {
  return { scope: 'spec', field, message };
}

function isSameReference(one: PresetReference, other: PresetReference): boolean {
  const text = ({ name, clusterScope = false, args = [] }: PresetReference) =>
    JSON.stringify([name, clusterScope, args.map((arg) => [arg.name, arg.value])]);
  return text(one) === text(other);
}

function withStrategy(object: RolloutObject, preset: JsonObject): RolloutObject {
  const strategy = mergeStrategy(preset, strategyOf(object));
  return Object.assign({ ...object }, { spec: { ...objectIn(object.spec), strategy } });
}

function strategyOf(object: RolloutObject): JsonObject {
  return objectIn(objectIn(object.spec).strategy);
}
