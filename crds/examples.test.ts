/** The examples of our own kinds break none of our rules. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { AnalysisTemplate } from './schema/analysis-template.ts';
import { tidegateDialect } from './schema/dialect.ts';
import { GitSync } from './schema/git-sync.ts';
import type { JsonObject } from './schema/json.ts';
import { kinds } from './schema/kinds.ts';
import { unsupportedFields } from './schema/not-supported.ts';
import { fillPreset, mergeStrategy } from './schema/resolve-preset.ts';
import { Rollout, RolloutStrategy } from './schema/rollout.ts';
import { StrategyPreset } from './schema/strategy-preset.ts';
import { validateTemplates } from './schema/validate-references.ts';
import { validateGitSync } from './schema/validate-git-sync.ts';
import { validateRollout } from './schema/validate-rollout.ts';

function objectsIn(example: string) {
  const folder = join(import.meta.dirname, '..', 'examples', example);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .flatMap((name) => loadAll(readFileSync(join(folder, name), 'utf8')) as { kind: string }[]);
}

const objects = objectsIn('canary');
const ofKind = (kind: string) => objects.filter((object) => object.kind === kind);

describe('examples/canary', () => {
  it('is understood and supported', () => {
    for (const object of objects) {
      kinds.find((definition) => definition.kind === object.kind)?.schema.parse(object);
      expect(unsupportedFields(object)).toEqual([]);
    }
  });

  it('breaks no rule', () => {
    const rollout = Rollout.parse(ofKind('Rollout')[0]);
    const template = AnalysisTemplate.parse(ofKind('AnalysisTemplate')[0]);

    expect(validateRollout(rollout, tidegateDialect)).toEqual([]);
    expect(validateTemplates(rollout, () => template, tidegateDialect)).toEqual([]);
    expect(validateGitSync(GitSync.parse(ofKind('GitSync')[0]), { fileRepositories: false })).toEqual([]);
  });
});

describe('examples/presets', () => {
  it('comes to a strategy that breaks no rule, with the template of the other example', () => {
    const found = objectsIn('presets');
    const one = (kind: string) => found.find((object) => object.kind === kind);
    const rollout = Rollout.parse(one('Rollout'));
    const { preset, ...own } = rollout.spec.strategy;
    const filled = fillPreset(StrategyPreset.parse(one('StrategyPreset')), preset ?? { name: '' }, 'Rollout web');
    const given = filled.kind === 'filled' ? filled.strategy : {};
    const strategy = RolloutStrategy.parse(mergeStrategy(given, own as JsonObject));
    const whole = { ...rollout, spec: { ...rollout.spec, strategy } };
    const template = AnalysisTemplate.parse(ofKind('AnalysisTemplate')[0]);

    expect(filled.kind).toBe('filled');
    expect(strategy.canary?.steps?.[0]).toEqual({ setWeight: 10 });
    expect(validateRollout(whole, tidegateDialect)).toEqual([]);
    expect(validateTemplates(whole, () => template, tidegateDialect)).toEqual([]);
  });
});
