import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../crds/schema/json.ts';
import { hasUnknownFields, podTemplateJson } from './pod-hash-json.ts';
import { canonicalQuantity } from './pod-hash-quantity.ts';

const json = (template: object) => podTemplateJson(template as JsonObject);

describe('the text that a pod template is hashed by', () => {
  it.each([
    ['-1e30 of an integer', { spec: { terminationGracePeriodSeconds: -1e30 } }, '-9223372036854775808'],
    ['1e30 of an integer', { spec: { terminationGracePeriodSeconds: 1e30 } }, '9223372036854775807'],
    ["Go's zero time", { metadata: { creationTimestamp: '0001-01-01T00:00:00Z' } }, '{"metadata":{},'],
  ])('has %s as Go writes it', (_name, template, text) => {
    expect(json(template)).toContain(text);
  });

  it('has no member for what is undefined in a map', () => {
    const labels = { app: 'web', track: undefined };
    expect(json({ metadata: { labels } })).toBe(json({ metadata: { labels: { app: 'web' } } }));
  });

  it('keeps a text where labels belong, which Kubernetes refuses', () => {
    expect(json({ metadata: { labels: 'app' } })).toContain('"labels":"app"');
  });

  it('keeps managed fields in the order of their text, with lists and plain values', () => {
    const fieldsV1 = { 'f:b': { '.': {} }, 'f:a': [1, 'x', null] };
    expect(json({ metadata: { managedFields: [{ fieldsV1 }] } })).toContain(
      '"fieldsV1":{"f:b":{".":{}},"f:a":[1,"x",null]}',
    );
  });
});

describe('fields that Kubernetes does not know', () => {
  it.each([
    ['below a map', { spec: { containers: [{ resources: { limits: { cpu: '1' } } }] } }],
    ['in a text where a map belongs', { metadata: { labels: 'app' } }],
    ['in a text where a list belongs', { spec: { containers: 'web' } }],
  ])('are not seen %s', (_name, template) => {
    expect(hasUnknownFields(template)).toBe(false);
  });
});

describe('a quantity', () => {
  it.each([
    ['1.0Ki', '1Ki'],
    ['1ik', '1ik'],
    ['1e', '1e'],
  ])('%s is written as %s', (text, canonical) => {
    expect(canonicalQuantity(text)).toBe(canonical);
  });
});
