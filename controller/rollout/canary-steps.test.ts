import { describe, expect, it } from 'vitest';
import type { CanaryStep } from '../../crds/schema/canary-steps.ts';
import { explicitSizeAt, stepText } from './canary-steps.ts';

describe('the size that setCanaryScale asks for', () => {
  const at = (...steps: CanaryStep[]) => explicitSizeAt(steps, steps.length - 1, 10);

  it.each<[string, number | undefined, CanaryStep[]]>([
    ['pods', 4, [{ setCanaryScale: { replicas: 4 } }]],
    ['percent, rounded up', 3, [{ setCanaryScale: { weight: 21 } }]],
    ['none at all, without weight', 0, [{ setCanaryScale: { replicas: 0 } }]],
    ['at least one pod with weight', 1, [{ setWeight: 5 }, { setCanaryScale: { replicas: 0 } }]],
    [
      'nothing of its own again',
      undefined,
      [{ setCanaryScale: { replicas: 4 } }, { setCanaryScale: { matchTrafficWeight: true } }],
    ],
    ['nothing, by an empty step', undefined, [{ setCanaryScale: { replicas: 4 } }, { setCanaryScale: {} }]],
    ['what an earlier step asked for', 4, [{ setCanaryScale: { replicas: 4 } }, { pause: {} }]],
    ['nothing without such a step', undefined, [{ pause: {} }]],
  ])('is %s', (_what, size, steps) => {
    expect(at(...steps)).toBe(size);
  });

  it('is over after the last step', () => {
    expect(explicitSizeAt([{ setCanaryScale: { replicas: 4 } }], 1, 10)).toBeUndefined();
  });
});

it.each<[CanaryStep, string]>([
  [{ setWeight: 20 }, 'setWeight: 20'],
  [{ pause: {} }, 'pause'],
  [{ pause: { duration: '5m' } }, 'pause: 5m'],
  [{ setCanaryScale: { replicas: 3 } }, 'setCanaryScale: 3 pods'],
  [{ setCanaryScale: { weight: 30 } }, 'setCanaryScale: 30 %'],
  [{ setCanaryScale: { matchTrafficWeight: true } }, 'setCanaryScale: as the weight'],
  [{ analysis: { templates: [{ templateName: 'errors' }, { templateName: 'slow' }] } }, 'analysis: errors, slow'],
  [{ experiment: { templates: [{ name: 'a' }, { name: 'b' }] } }, 'experiment: a, b'],
  [{ analysis: { templates: [{}] } }, 'analysis: '],
  [{ analysis: {} }, 'analysis: '],
  [{ experiment: {} }, 'experiment: '],
  [{ plugin: { name: 'acme/check' } }, 'plugin: acme/check'],
  [{ setHeaderRoute: { name: 'inside' } }, 'setHeaderRoute'],
  [{}, 'empty step'],
])('%j is told as "%s"', (step, text) => {
  expect(stepText(step)).toBe(text);
});
