import { describe, expect, it } from 'vitest';
import { tidegateDialect } from './dialect.ts';
import type { AntiAffinity } from './canary.ts';
import type { Rollout } from './rollout.ts';
import { aCanary, aRollout } from './testing/builders.ts';
import { validateRollout } from './validate-rollout.ts';

const sentences = (rollout: Rollout) => validateRollout(rollout, tidegateDialect).map((one) => one.message);
const byReference = (workloadRef: NonNullable<Rollout['spec']['workloadRef']>, template?: object) => {
  const { spec, ...rollout } = aRollout();
  const { template: _template, selector: _selector, ...rest } = spec;
  return { ...rollout, spec: { ...rest, workloadRef, ...(template === undefined ? {} : { template }) } } as Rollout;
};

describe('workloadRef', () => {
  it.each([
    ['apps/v1', 'Deployment'],
    ['apps/v1', 'ReplicaSet'],
    ['v1', 'PodTemplate'],
  ])('takes the template of %s %s, without one of its own', (apiVersion, kind) => {
    expect(sentences(byReference({ apiVersion, kind, name: 'web' }))).toEqual([]);
  });

  it('refuses other kinds and a template of its own', () => {
    const template = { metadata: { labels: { app: 'web' } } };
    expect(sentences(byReference({ apiVersion: 'apps/v1beta1', kind: 'Deployment', name: 'web' }, template))).toEqual([
      'Rollout shop/web: spec.template is set, but it must be empty with spec.workloadRef: remove it, or remove the reference.',
      'Rollout shop/web: spec.workloadRef is "Deployment" of "apps/v1beta1", but it must be one of Deployment of apps/v1, ReplicaSet of apps/v1, PodTemplate of v1: correct apiVersion and kind.',
    ]);
  });
});

describe('antiAffinity', () => {
  const preferred = (weight: number): AntiAffinity => ({ preferredDuringSchedulingIgnoredDuringExecution: { weight } });
  const required: AntiAffinity = { requiredDuringSchedulingIgnoredDuringExecution: {} };

  it.each([preferred(1), preferred(100), required])('takes %j', (antiAffinity) => {
    expect(sentences(aCanary({ antiAffinity }))).toEqual([]);
  });

  it.each([
    [{}, 'exactly one of'],
    [{ ...preferred(1), ...required }, 'exactly one of'],
    [preferred(0), 'it must be 1 to 100'],
    [preferred(101), 'it must be 1 to 100'],
  ])('refuses %j', (antiAffinity: AntiAffinity, why) => {
    expect(sentences(aCanary({ antiAffinity }))).toEqual([expect.stringContaining(why)]);
  });
});
