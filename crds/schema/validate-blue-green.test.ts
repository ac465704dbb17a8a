/** Rules about blue-green: one clear sentence with object, field, value, what is allowed, what to do. */

import { describe, expect, it } from 'vitest';
import type { BlueGreenStrategy } from './blue-green.ts';
import { tidegateDialect } from './dialect.ts';
import type { Rollout } from './rollout.ts';
import { servicesOf } from './services-of.ts';
import { aRollout, aTemplate } from './testing/builders.ts';
import { validateServices, validateTemplates } from './validate-references.ts';
import { validateRollout } from './validate-rollout.ts';

const aBlueGreen = (more: Partial<BlueGreenStrategy> = {}, spec: Partial<Rollout['spec']> = {}): Rollout =>
  aRollout({ strategy: { blueGreen: { activeService: 'web', ...more } }, ...spec });
const field = 'Rollout shop/web: spec.strategy.blueGreen';
const sentences = (rollout: Rollout) => validateRollout(rollout, tidegateDialect).map((one) => one.message);

describe('a blue-green Rollout', () => {
  it('can be run', () => {
    const all = { previewService: 'web-preview', previewReplicaCount: 0, maxUnavailable: '50%' };
    expect(sentences(aBlueGreen())).toEqual([]);
    expect(sentences(aBlueGreen({ ...all, scaleDownDelayRevisionLimit: 10 }))).toEqual([]);
    expect(servicesOf(aBlueGreen(all))).toEqual({ stable: 'web', canary: 'web-preview' });
  });

  it.each([
    [
      'the same Service twice',
      aBlueGreen({ previewService: 'web' }),
      `${field}.previewService is "web", but it must differ from activeService: name another Service.`,
    ],
    [
      'more delayed revisions than are kept',
      aBlueGreen({ scaleDownDelayRevisionLimit: 3 }, { revisionHistoryLimit: 2 }),
      `${field}.scaleDownDelayRevisionLimit is 3, but it must not be above spec.revisionHistoryLimit, which is 2: lower it or raise spec.revisionHistoryLimit.`,
    ],
    [
      'a negative delay',
      aBlueGreen({ scaleDownDelaySeconds: -1 }),
      `${field}.scaleDownDelaySeconds is -1, but it must be 0 or more: raise it.`,
    ],
  ])('is refused with %s', (_name, rollout, sentence) => {
    expect(sentences(rollout)).toEqual([sentence]);
  });

  it('needs both Services, of its own', () => {
    const found = new Map([['web', { selector: { app: 'web' }, annotations: {} }]]);
    const rollout = aBlueGreen({ previewService: 'web-preview' });
    expect(validateServices(rollout, found, tidegateDialect).map((one) => one.field)).toEqual([
      'spec.strategy.blueGreen.previewService',
    ]);
  });

  it('needs the templates of both analyses, with an end', () => {
    const analysis = { templates: [{ templateName: 'errors' }] };
    const rollout = aBlueGreen({ prePromotionAnalysis: analysis, postPromotionAnalysis: analysis });
    expect(validateTemplates(rollout, () => undefined, tidegateDialect).map((one) => one.field)).toEqual([
      'spec.strategy.blueGreen.prePromotionAnalysis.templates[0].templateName',
      'spec.strategy.blueGreen.postPromotionAnalysis.templates[0].templateName',
    ]);
    expect(validateTemplates(rollout, () => aTemplate(), tidegateDialect)).toEqual([]);
  });
});
