import { readdirSync, readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { argoStepHash, podTemplateHash, stepHash } from '../../controller/rollout/pod-hash.ts';
import { canonicalQuantity } from '../../controller/rollout/pod-hash-quantity.ts';
import { Json, JsonObject } from '../../crds/schema/json.ts';

const folder = new URL('./testdata/templates/', import.meta.url);
const names = readdirSync(folder).sort();
const expected = z.record(z.string(), z.record(z.string(), z.string())).parse(readJson('./testdata/expected.json'));
const quantities = z
  .array(z.object({ written: z.union([z.string(), z.number()]), canonical: z.string() }))
  .parse(readJson('./testdata/quantities.json'));

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
}

function readTemplate(name: string): JsonObject {
  const text = readFileSync(new URL(name, folder), 'utf8');
  return JsonObject.parse(name.endsWith('.json') ? JSON.parse(text) : load(text));
}

describe('pod template hash', () => {
  test('there are 100 templates, each with a hash by Go', () => {
    expect(names).toHaveLength(100);
    expect(Object.keys(expected).sort()).toEqual(names);
  });

  test.each(names)('%s hashes as in Go, without and with collision counts', (name) => {
    const template = readTemplate(name);

    const ours = Object.keys(expected[name] ?? {}).map((count) => [
      count,
      podTemplateHash(template, count === 'none' ? undefined : Number(count)),
    ]);

    expect(Object.fromEntries(ours)).toEqual(expected[name]);
  });

  test.each(quantities)('quantity $written is written as $canonical', ({ written, canonical }) => {
    expect(canonicalQuantity(String(written))).toBe(canonical);
  });
});

describe('what the corpus cannot hold', () => {
  const plain: JsonObject = { spec: { containers: [{ name: 'app', image: 'example/app:1' }] } };

  test('a member that is undefined counts as absent', () => {
    expect(podTemplateHash({ ...plain, metadata: undefined })).toBe(podTemplateHash(plain));
  });

  test.each<[string, JsonObject]>([
    ['a list where an object belongs', { spec: [] }],
    ['a number where a text belongs', { spec: { containers: [{ name: 7 }] } }],
    ['a quantity that is none', { spec: { containers: [{ resources: { limits: { cpu: 'much' } } }] } }],
    ['a quantity with a huge exponent', { spec: { overhead: { cpu: '1234567890123456789e999999999' } } }],
    ['a time that is none', { metadata: { creationTimestamp: 'yesterday' } }],
  ])('%s, which Kubernetes refuses, still hashes and differs', (_, template) => {
    expect(podTemplateHash(template)).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
    expect(podTemplateHash(template)).not.toBe(podTemplateHash({}));
  });

  test('a lone surrogate hashes as the replacement character that Go reads it as', () => {
    const withName = (name: string): JsonObject => ({ metadata: { name } });

    expect(podTemplateHash(withName('a\ud800b'))).toBe(podTemplateHash(withName('a\ufffdb')));
  });
});

describe('step hash', () => {
  test('the order of keys does not matter, the order of steps does', () => {
    const pause = { pause: { duration: '5m' } };

    expect(stepHash([{ analysis: { templates: [], args: [] } }])).toBe(
      stepHash([{ analysis: { args: [], templates: [] } }]),
    );
    expect(stepHash([{ setWeight: 20 }, pause])).not.toBe(stepHash([pause, { setWeight: 20 }]));
  });

  test('no steps have a hash of their own', () => {
    expect(stepHash(undefined)).not.toBe(stepHash([]));
  });
});

describe('step hash of Argo Rollouts', () => {
  const plans = z.array(z.object({ name: z.string(), steps: Json })).parse(readJson('./testdata/plans.json'));
  const hashes = z.record(z.string(), z.string()).parse(readJson('./testdata/plan-hashes.json'));

  test.each(plans)('$name: as Go computes it', ({ name, steps }) => {
    expect(argoStepHash(steps)).toBe(hashes[name]);
  });

  test('each plan of the corpus has a hash by Go', () => {
    expect(Object.keys(hashes).toSorted()).toEqual(plans.map((one) => one.name).toSorted());
  });
});
