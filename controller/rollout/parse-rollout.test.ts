import { describe, expect, it } from 'vitest';
import { tidegateDialect } from '../../crds/schema/dialect.ts';
import { decide } from './decide.ts';
import type { RolloutObject } from './observed.ts';
import { parseRollout } from './parse-rollout.ts';
import { anObserved, aRollout, aStatus } from './testing/builders.ts';

function stored(spec: object = {}, status: object = {}): RolloutObject {
  const rollout = aRollout({ canary: { steps: [{ setWeight: 20 }] } });
  return { ...rollout, spec: { ...rollout.spec, ...spec }, status } as unknown as RolloutObject;
}

describe('parseRollout', () => {
  it('keeps every field of the pod template and hashes the steps', () => {
    const template = {
      metadata: { labels: { app: 'web' }, creationTimestamp: null },
      spec: { containers: [{ name: 'web', image: 'a' }] },
    };
    const one = parseRollout(stored({ template }), tidegateDialect);
    const other = parseRollout(stored({ template, strategy: { canary: {} } }), tidegateDialect);

    expect(one.problems).toEqual([]);
    expect(one.rollout.spec.template).toEqual(template);
    expect(one.podHash).toBe(other.podHash);
    expect(one.stepHash).not.toBe(other.stepHash);
  });

  it('parses a stored object once', () => {
    const object = stored();

    expect(parseRollout(object, tidegateDialect)).toBe(parseRollout(object, tidegateDialect));
  });

  it('names field, value and remedy of a spec that can not be read', () => {
    const { problems } = parseRollout(stored({ replicas: 'many' }), tidegateDialect);

    expect(problems).toMatchObject([{ scope: 'spec', field: 'spec.replicas' }]);
    expect(problems[0]?.message).toMatch(
      /^Rollout shop\/web: spec\.replicas is "many", but .*: correct the manifest\.$/,
    );
  });

  it('says that a field is not supported instead of ignoring it', () => {
    const trafficRouting = { plugins: { 'example.com/mesh': {} } };
    const canary = { stableService: 'a', canaryService: 'b', trafficRouting };
    const { problems } = parseRollout(stored({ strategy: { canary } }), tidegateDialect);

    expect(problems.map((one) => one.message).join()).toContain(
      'not supported yet: spec.strategy.canary.trafficRouting.plugins["example.com/mesh"]',
    );
  });

  it('an unknown stored state becomes a condition, and nothing is written over it', () => {
    const transition = { id: 'x', kind: 'teleport', since: '2026-01-01T00:00:00Z' };
    const parsed = parseRollout(stored({}, { ...aStatus(), transition }), tidegateDialect);
    const observed = anObserved();
    const decision = decide({ ...observed, rollout: parsed.rollout, problems: parsed.problems });

    expect(parsed.problems[0]?.message).toContain(
      'status.transition.kind is "teleport", which this version does not know',
    );
    expect(decision.effects).toEqual([]);
    expect(decision.status).toMatchObject({ phase: 'Degraded', currentPodHash: 'two' });
    expect(decision.status.conditions?.[0]).toMatchObject({ type: 'InvalidSpec', status: 'True' });
  });
});
