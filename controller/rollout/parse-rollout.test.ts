import { describe, expect, it } from 'vitest';
import { argoDialect, tidegateDialect } from '../../crds/schema/dialect.ts';
import type { JsonObject } from '../../kube/api.ts';
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

  it.each([
    ['no spec at all', { spec: undefined }, 'spec', 'is unset'],
    ['a spec that is a text', { spec: 'all of it' }, 'spec', 'is "all of it"'],
    ['no strategy', { spec: { strategy: undefined } }, 'spec.strategy', 'is unset'],
    ['a strategy that is a text', { spec: { strategy: 'fast' } }, 'spec.strategy', 'is "fast"'],
    ['a template that is a number', { spec: { template: 5 } }, 'spec.template', 'is "5"'],
    [
      'steps with a null',
      { spec: { strategy: { canary: { steps: [null] } } } },
      'spec.strategy.canary.steps.0',
      'is "null"',
    ],
  ])('names the field and goes on with %s', (_what, { spec }, field, found) => {
    const whole = stored() as unknown as { spec: object };
    const object = {
      ...whole,
      spec: spec === undefined || typeof spec === 'string' ? spec : { ...whole.spec, ...spec },
    };
    const { problems, rollout } = parseRollout(object as unknown as RolloutObject, tidegateDialect);

    expect(problems[0]).toMatchObject({ scope: 'spec', field });
    expect(problems[0]?.message).toContain(`${field} ${found}`);
    expect(rollout.spec.strategy).toBeDefined();
  });

  it('keeps of a blue-green spec that can not be read what leads back to stable', () => {
    const blueGreen = { activeService: 'web-active', previewService: 5, autoPromotionSeconds: 'soon' };
    const { rollout, problems } = parseRollout(stored({ strategy: { blueGreen } }), tidegateDialect);

    expect(problems.map((one) => one.field)).toEqual([
      'spec.strategy.blueGreen.previewService',
      'spec.strategy.blueGreen.autoPromotionSeconds',
    ]);
    expect(rollout.spec.strategy).toEqual({ blueGreen: { activeService: 'web-active' } });
  });

  it('hashes no plan of a blue-green Rollout in argoproj.io, whose status has no field for it', () => {
    const blueGreen = { activeService: 'web-active' };
    const { stepHash } = parseRollout(stored({ strategy: { blueGreen } }), argoDialect);

    expect(stepHash).toBe('');
    expect(parseRollout(stored(), argoDialect).stepHash).not.toBe('');
  });

  it('takes a Rollout without a status for one of which nothing is known', () => {
    const { status: _, ...fresh } = stored();

    expect(parseRollout(fresh as RolloutObject, tidegateDialect)).toMatchObject({
      problems: [],
      rollout: { status: {} },
    });
  });

  it('leaves out of an unknown status only what it does not know', () => {
    const { rollout, problems } = parseRollout(stored({}, { ...aStatus(), phase: 5, attempt: 'two' }), tidegateDialect);

    expect(problems.map((one) => one.field)).toEqual(['status.phase', 'status.attempt']);
    expect(rollout.status).toEqual({
      currentPodHash: 'two',
      currentStepHash: 'steps',
      currentStepIndex: 0,
      stableRS: 'one',
    });
  });
});

describe('a Rollout with workloadRef', () => {
  const workloadRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
  const template = {
    metadata: { labels: { app: 'web' } },
    spec: { containers: [{ name: 'web', image: 'shop:7' }] },
  };
  const selector = { matchLabels: { app: 'web' } };
  const referring = (spec: object = {}) => stored({ workloadRef, template: undefined, selector: undefined, ...spec });

  it('has the template of its workload, and its revision by that', () => {
    const { rollout, podHash, problems } = parseRollout(referring(), tidegateDialect, { template, selector });

    expect(problems).toEqual([]);
    expect(rollout.spec.template).toEqual(template);
    expect(rollout.spec.selector).toEqual(selector);
    expect(podHash).toBe(parseRollout(stored({ template }), tidegateDialect).podHash);
  });

  it('has its own selector where it has one, else that of the workload, else the labels of a PodTemplate', () => {
    const selectorOf = (own: object | undefined, source: { template: JsonObject; selector: JsonObject | undefined }) =>
      parseRollout(referring({ selector: own }), tidegateDialect, source).rollout.spec.selector;
    const mine = { matchLabels: { app: 'web', own: 'yes' } };

    expect(selectorOf(mine, { template, selector })).toEqual(mine);
    expect(selectorOf(undefined, { template, selector })).toEqual(selector);
    expect(selectorOf(undefined, { template, selector: undefined })).toEqual(selector);
    expect(selectorOf(undefined, { template: {}, selector: undefined })).toEqual({ matchLabels: {} });
  });

  it('is refused by the rules of a pod template that hold for any', () => {
    const other = { ...template, metadata: { labels: { app: 'shop' } } };
    const { problems } = parseRollout(referring(), tidegateDialect, { template: other, selector });

    expect(problems).toHaveLength(1);
    expect(problems[0]?.message).toContain('Rollout shop/web');
  });

  it('says nothing of a template that is not there yet', () => {
    expect(parseRollout(referring(), tidegateDialect).problems).toEqual([]);
  });

  it('has no template of its own beside it', () => {
    const { problems } = parseRollout(referring({ template }), tidegateDialect, { template, selector });

    expect(problems.map((one) => one.field)).toContain('spec.template');
  });
});
