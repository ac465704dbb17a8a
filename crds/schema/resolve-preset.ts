/**
 * Makes an ordinary strategy out of a preset, its arguments and what the Rollout sets itself. Two steps: `fillPreset` once at
 * the start of a run, whose result is kept for the whole run, and `mergeStrategy` whenever the Rollout is read.
 */

import { z } from 'zod';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import type { PresetReference } from './preset-reference.ts';
import { innerOf } from './preset-shape.ts';
import { objectText, type Problem, type Report, reporter, valueText } from './problem.ts';
import { type AnyPreset, type PresetStrategyName, presetStrategies } from './strategy-preset.ts';

/** A filled strategy is kept in the status of each Rollout that uses it. */
export const maxPresetBytes = 64 * 1024;

export type FilledPreset =
  | { readonly kind: 'filled'; readonly strategy: JsonObject }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] };

const argument = /\{\{\s*args\.([^\s{}]+)\s*\}\}/g;
const wholeNumber = /^-?\d{1,15}$/;

interface Filling {
  readonly values: ReadonlyMap<string, string>;
  readonly report: Report;
  readonly problems: Problem[];
}

/** `rollout` as sentences begin with it: `Rollout shop/web`. Every problem names the preset and the field. */
export function fillPreset(preset: AnyPreset, reference: PresetReference, rollout: string): FilledPreset {
  const wrong = [...presetProblems(preset), ...argumentProblems(preset, reference, rollout)];
  if (wrong.length > 0) return { kind: 'problems', problems: wrong };
  const report = reporter(`${rollout} with ${objectText(preset)}`);
  const filling: Filling = { values: valuesOf(preset, reference), report, problems: [] };
  const strategy = Object.fromEntries(
    strategiesOf(preset).map(([name, part]) => [
      name,
      fill(part, presetStrategies[name], `spec.strategy.${name}`, filling),
    ]),
  );
  const problems = [...filling.problems, ...sizeProblems(strategy, report)];
  return problems.length > 0 ? { kind: 'problems', problems } : { kind: 'filled', strategy };
}

/** What is wrong with a preset by itself: it uses an argument that it does not declare. */
export function presetProblems(preset: AnyPreset): readonly Problem[] {
  const report = reporter(objectText(preset));
  const declared = namesOf(preset.spec.args);
  return strategiesOf(preset).flatMap(([name, part]) =>
    textsIn(part, `spec.strategy.${name}`).flatMap(({ path, text }) =>
      argumentsIn(text)
        .filter((one) => !declared.includes(one))
        .map((one) =>
          report(
            path,
            `using {{args.${one}}}`,
            `spec.args has ${listText(declared)}`,
            'declare it there, or correct it',
          ),
        ),
    ),
  );
}

/** The strategy that the Rollout runs by: the preset's, with every field that the Rollout sets itself in its place. */
export function mergeStrategy(preset: JsonObject, own: JsonObject): JsonObject {
  return merged(preset, own) as JsonObject;
}

/** Objects are merged field by field, lists and values replaced; of fields that exclude each other the Rollout's stays alone. */
function merged(below: Json | undefined, above: Json | undefined, name = ''): Json | undefined {
  if (above === undefined) return below;
  if (name === 'antiAffinity' || !isJsonObject(below) || !isJsonObject(above)) return above;
  const names = [...new Set([...Object.keys(below), ...Object.keys(above)])];
  return Object.fromEntries(names.map((one) => [one, merged(below[one], above[one], one) ?? null]));
}

function strategiesOf(preset: AnyPreset): readonly (readonly [PresetStrategyName, Json])[] {
  const { canary, blueGreen } = preset.spec.strategy;
  // The schema is derived from one whose values are JSON; its type is not.
  const parts = [
    ['canary', canary as Json | undefined],
    ['blueGreen', blueGreen as Json | undefined],
  ] as const;
  return parts.flatMap(([name, part]) => (part === undefined ? [] : [[name, part] as const]));
}

function argumentProblems(preset: AnyPreset, reference: PresetReference, rollout: string): readonly Problem[] {
  const report = reporter(rollout);
  const declared = preset.spec.args ?? [];
  const given = reference.args ?? [];
  const field = 'spec.strategy.preset.args';
  const known = `${objectText(preset)} has ${listText(namesOf(declared))}`;
  const unknown = given.flatMap(({ name }, index) =>
    namesOf(declared).includes(name)
      ? []
      : [report(`${field}[${index}].name`, valueText(name), known, 'correct the name, or remove it')],
  );
  const missing = declared.filter((one) => one.default === undefined && !namesOf(given).includes(one.name));
  const needed = (name: string) =>
    report(field, `without ${name}`, `${objectText(preset)} has no default for it`, 'give it a value');
  return [...unknown, ...missing.map(({ name }) => needed(name))];
}

function valuesOf(preset: AnyPreset, reference: PresetReference): ReadonlyMap<string, string> {
  const defaults = (preset.spec.args ?? []).map((one) => [one.name, one.default ?? ''] as const);
  const given = (reference.args ?? []).map(({ name, value }) => [name, value] as const);
  return new Map([...defaults, ...given]);
}

/** A value with its arguments filled in; texts in the place of a number become that number. */
function fill(value: Json, schema: z.ZodType | undefined, path: string, filling: Filling): Json {
  const place = schema === undefined ? undefined : innerOf(schema);
  if (typeof value === 'string') return fillText(value, place, path, filling);
  if (Array.isArray(value)) {
    const item = place instanceof z.ZodArray ? (place.element as z.ZodType) : undefined;
    return value.map((one: Json, index) => fill(one, item, `${path}[${index}]`, filling));
  }
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).map(([name, one]) => [
    name,
    fill(one ?? null, fieldOf(place, name), `${path}.${name}`, filling),
  ]);
  return Object.fromEntries(entries) as JsonObject;
}

function fieldOf(place: z.ZodType | undefined, name: string): z.ZodType | undefined {
  if (place instanceof z.ZodObject) return place.shape[name] as z.ZodType | undefined;
  return place instanceof z.ZodRecord ? (place.valueType as z.ZodType) : undefined;
}

function fillText(text: string, place: z.ZodType | undefined, path: string, filling: Filling): Json {
  const filled = text.replace(argument, (_all, name: string) => filling.values.get(name) ?? '');
  const isNumber = wholeNumber.test(filled);
  if (place instanceof z.ZodNumber) {
    if (isNumber) return Number(filled);
    const from = filled === text ? '' : ` (from ${valueText(text)})`;
    filling.problems.push(
      filling.report(path, `${valueText(filled)}${from}`, 'it must be a whole number', 'correct the argument'),
    );
    return 0;
  }
  // A place for a number or a text takes the number, since "5" is no percentage.
  const isEither = place?.meta()?.['x-kubernetes-int-or-string'] === true;
  return isEither && isNumber ? Number(filled) : filled;
}

function sizeProblems(strategy: JsonObject, report: Report): readonly Problem[] {
  const bytes = new TextEncoder().encode(JSON.stringify(strategy)).length;
  if (bytes <= maxPresetBytes) return [];
  return [report('spec.strategy', `${bytes} bytes long`, `at most ${maxPresetBytes} are kept for a run`, 'shorten it')];
}

interface PlacedText {
  readonly path: string;
  readonly text: string;
}

function textsIn(value: Json, path: string): readonly PlacedText[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (Array.isArray(value)) return value.flatMap((one: Json, index) => textsIn(one, `${path}[${index}]`));
  return isJsonObject(value)
    ? Object.entries(value).flatMap(([name, one]) => textsIn(one ?? null, `${path}.${name}`))
    : [];
}

function argumentsIn(text: string): readonly string[] {
  return [...text.matchAll(argument)].map((one) => one[1] ?? '');
}

function namesOf(list: readonly { readonly name: string }[] | undefined): readonly string[] {
  return (list ?? []).map((one) => one.name);
}

function listText(names: readonly string[]): string {
  return names.length === 0 ? 'no arguments' : `only ${names.join(', ')}`;
}

/**
 * A Rollout as it runs, by what its status keeps of its preset; any other as it is. For readers that have only the Rollout
 * itself: what a new revision would take is not looked up.
 */
export function asRun<R extends object>(rollout: R): R {
  const { spec, status } = rollout as { readonly spec?: Json; readonly status?: Json };
  const strategy = isJsonObject(spec) ? spec['strategy'] : undefined;
  const reference = isJsonObject(strategy) ? strategy['preset'] : undefined;
  const kept = isJsonObject(status) ? status['preset'] : undefined;
  if (!isJsonObject(spec) || !isJsonObject(strategy) || !isJsonObject(reference) || !isJsonObject(kept)) return rollout;
  const given = kept['strategy'];
  const isOther = reference['name'] !== kept['name'];
  if (!isJsonObject(given) || isOther) return rollout;
  return { ...rollout, spec: { ...spec, strategy: mergeStrategy(given, strategy) } };
}
