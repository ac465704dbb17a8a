/** A field that Kubernetes does not know is noticed although the hash does not change by it. */

import { expect, test } from 'vitest';
import { podTemplateHash } from './pod-hash.ts';
import { hasUnknownFields } from './pod-hash-json.ts';

const good = {
  metadata: { labels: { app: 'web', any: 'key' } },
  spec: {
    nodeSelector: { disk: 'ssd' },
    containers: [{ name: 'app', image: 'app:1', resources: { requests: { 'example.com/gpu': '1' } } }],
    volumes: [{ name: 'tmp', emptyDir: {} }],
  },
};

test('keys of maps are free, fields are not', () => {
  expect(hasUnknownFields(good)).toBe(false);
  expect(hasUnknownFields({ ...good, sepc: {} })).toBe(true);
  const typo = { ...good, spec: { ...good.spec, containers: [{ name: 'app', image: 'app:1', imagee: 'x' }] } };
  expect(hasUnknownFields(typo)).toBe(true);
  expect(hasUnknownFields({ spec: { ...good.spec, volumes: [{ name: 'tmp', emptyDirr: {} }] } })).toBe(true);
  expect(podTemplateHash({ ...good, sepc: {} })).toBe(podTemplateHash(good));
});
