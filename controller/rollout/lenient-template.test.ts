import { describe, expect, it } from 'vitest';
import { argoDialect, tidegateDialect } from '../../crds/schema/dialect.ts';
import { withoutBadQuantities } from './lenient-template.ts';
import type { RolloutObject } from './observed.ts';
import { parseRollout } from './parse-rollout.ts';
import { aRollout } from './testing/builders.ts';

const template = (memory: string) => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', image: 'shop:1', resources: { requests: { memory, cpu: '100m' } } }] },
});

const stored = (memory: string, apiVersion: string) => {
  const rollout = aRollout();
  return { ...rollout, apiVersion, spec: { ...rollout.spec, template: template(memory) } } as unknown as RolloutObject;
};

describe('quantities that are none', () => {
  it('are dropped with the rest kept', () => {
    const cleaned = { ...template('1Gi').spec.containers[0], resources: { requests: { cpu: '100m' } } };
    expect(withoutBadQuantities(template('invalid'))).toEqual({ ...template('x'), spec: { containers: [cleaned] } });
  });

  it.each(['1Gi', '0', '1.5', '.5Gi', '2e3', '12E', '100m', '-1', '1n'])('%s is a quantity', (text) => {
    const good = template(text);
    expect(withoutBadQuantities(good)).toBe(good);
  });

  it('make no other revision in argoproj.io, and stay an error of the pod template otherwise', () => {
    const argo = parseRollout(stored('invalid', 'argoproj.io/v1alpha1'), argoDialect);
    const own = parseRollout(stored('invalid', 'tidegate.io/v1alpha1'), tidegateDialect);

    expect(argo.problems).toEqual([]);
    expect(JSON.stringify(argo.rollout.spec.template)).not.toContain('invalid');
    expect(JSON.stringify(own.rollout.spec.template)).toContain('invalid');
  });

  it('are looked for only where there are containers', () => {
    const odd = { spec: { containers: [null, 'web'], initContainers: 5 } };
    expect(withoutBadQuantities(odd)).toBe(odd);
  });
});
