/** Every backend that the schema knows is wired or refused, and the examples of docs/analysis-providers.md are good templates. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { lintTemplate } from '../analysis/lint-template.ts';
import { AnalysisTemplate } from '../crds/schema/analysis-template.ts';
import { tidegateDialect } from '../crds/schema/dialect.ts';
import { isJsonObject, type JsonObject } from '../crds/schema/json.ts';
import { isRefused } from '../crds/schema/not-supported.ts';
import { providerNames } from '../crds/schema/providers.ts';
import { metricProviders } from './metric-providers.ts';

const page = readFileSync(join(import.meta.dirname, '..', 'docs', 'analysis-providers.md'), 'utf8');
const objects = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => load(text));
const providers = metricProviders({ prometheusAddress: undefined });

interface Example {
  readonly name: string;
  readonly object: JsonObject;
}

const templates = objects.flatMap((object): Example[] => {
  if (!isJsonObject(object) || object['kind'] !== 'AnalysisTemplate') return [];
  return [{ name: AnalysisTemplate.parse(object).metadata.name, object }];
});

it('every backend of the schema is wired, or refused by name', () => {
  const wired = new Set(providers.map(({ name }) => name));
  const refused = providerNames.filter((name) => isRefused('AnalysisTemplate', `spec.metrics[].provider.${name}`));

  expect(refused).toEqual(['plugin']);
  for (const name of providerNames) expect([name, wired.has(name)]).toEqual([name, !refused.includes(name)]);
});

describe('docs/analysis-providers.md', () => {
  it.each(templates)('the example $name is understood whole, and nothing is wrong with it', ({ object }) => {
    const template = AnalysisTemplate.parse(object);

    expect(template.spec).toEqual(object['spec']);
    expect(lintTemplate(template, { providers })).toEqual([]);
    expect(object['apiVersion']).toBe(`${tidegateDialect.group}/v1alpha1`);
  });

  it('has an example of every backend that it names', () => {
    const shown = templates.flatMap(({ object }) =>
      (AnalysisTemplate.parse(object).spec.metrics ?? []).flatMap(({ provider }) => Object.keys(provider)),
    );
    const named = [...page.matchAll(/^\| \[(\w+)\]\(#/gm)].map(([, name = '']) => name);

    expect(named.length).toBeGreaterThanOrEqual(10);
    expect([...new Set(shown)].toSorted()).toEqual(named.toSorted());
  });
});
