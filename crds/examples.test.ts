/** The examples of our own kinds break none of our rules. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { AnalysisTemplate } from './schema/analysis-template.ts';
import { tidegateDialect } from './schema/dialect.ts';
import { GitSync } from './schema/git-sync.ts';
import { kinds } from './schema/kinds.ts';
import { unsupportedFields } from './schema/not-supported.ts';
import { Rollout } from './schema/rollout.ts';
import { validateTemplates } from './schema/validate-references.ts';
import { validateGitSync } from './schema/validate-git-sync.ts';
import { validateRollout } from './schema/validate-rollout.ts';

const folder = join(import.meta.dirname, '..', 'examples', 'canary');
const objects = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .flatMap((name) => loadAll(readFileSync(join(folder, name), 'utf8')) as { kind: string }[]);
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
