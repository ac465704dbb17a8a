import { expect, it } from 'vitest';
import type { JsonObject } from '../../kube/api.ts';
import type { RolloutObject } from './observed.ts';
import { referencesOf } from './references.ts';
import { aRollout } from './testing/builders.ts';

function references(spec: JsonObject) {
  const rollout = aRollout();
  return referencesOf({ ...rollout, spec: { ...rollout.spec, ...spec } } as unknown as RolloutObject);
}

it('are those to Services, templates, presets and the workload, each in its namespace unless it is of the cluster', () => {
  const analysis = { templates: [{ templateName: 'errors' }, { templateName: 'shared', clusterScope: true }, {}] };
  const canary = { canaryService: 'web-canary', stableService: 'web', steps: [{ analysis }, { analysis: {} }] };
  const workloadRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'old' };
  const found = references({ workloadRef, strategy: { canary, preset: { name: 'careful' } } });

  expect(found).toMatchObject({
    templates: ['shop/errors', 'shared'],
    presets: ['shop/careful'],
    workloads: ['Deployment/shop/old'],
  });
  expect([...found.services].sort()).toEqual(['shop/web', 'shop/web-canary']);
  expect(references({ strategy: { canary: {}, preset: { name: 'careful', clusterScope: true } } }).presets).toEqual([
    'careful',
  ]);
});

it.each([
  ['a workload without a name', { workloadRef: { kind: 'Deployment' } }],
  ['a spec that cannot be read', { replicas: 'five' }],
])('are none for %s', (_name, spec) => {
  expect(references(spec)).toEqual({ services: [], routes: [], templates: [], presets: [], workloads: [] });
});
