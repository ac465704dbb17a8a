import { describe, expect, it } from 'vitest';
import type { StepExperiment } from '../../crds/schema/canary-steps.ts';
import type { RolloutArgument } from '../../crds/schema/rollout-analysis.ts';
import type { JsonObject } from '../../kube/api.ts';
import { experimentDraft, experimentName, withTemplates } from './experiment-draft.ts';
import { sceneOf } from './scene.ts';
import { anObserved, aReplicaSet, aStatus, type ObservedGiven } from './testing/builders.ts';

const both = { replicaSets: [aReplicaSet('one'), aReplicaSet('two', { revision: 2 })] };

function draft(experiment: StepExperiment, given: ObservedGiven = both, status = aStatus()) {
  return experimentDraft(sceneOf(anObserved(given), status), { step: 1, experiment }, 'web-two-2-1');
}

/** The Experiment whole; `set` is what each of the two ReplicaSets has. */
function made(experiment: StepExperiment, set: JsonObject) {
  const one = draft(experiment);
  const object = one && withTemplates(one, (name) => ({ name, ...set }));
  return (object as { spec: { templates: readonly JsonObject[] } } | undefined)?.spec.templates ?? [];
}

describe('an Experiment of a step', () => {
  it('waits until both ReplicaSets exist', () => {
    const experiment = { templates: [{ name: 'a' }] };

    expect(draft(experiment, { replicaSets: [aReplicaSet('one')] })).toBeUndefined();
    expect(draft(experiment, { replicaSets: [aReplicaSet('two')] })).toBeUndefined();
    expect(draft(experiment)).toBeDefined();
  });

  it('may have no templates and no analyses', () => {
    expect(draft({})).toMatchObject({ templates: [], object: { spec: {} } });
    expect(made({}, {})).toEqual([]);
  });

  it('belongs to the attempt that started it', () => {
    const { metadata } = draft({}, both, aStatus({ attempt: 3 }))?.object ?? {};

    expect(JSON.stringify(metadata)).toContain('"tidegate.io/attempt":"3"');
  });

  it.each<[string, RolloutArgument, object]>([
    ['a value', { name: 'a', value: 'x' }, { name: 'a', value: 'x' }],
    ['a hash', { name: 'a', valueFrom: { podTemplateHashValue: 'Stable' } }, { name: 'a', value: 'one' }],
    ['a field', { name: 'a', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }, { name: 'a', value: 'web' }],
    ['nothing', { name: 'a' }, { name: 'a' }],
  ])('gives its analyses %s as an argument', (_what, arg, given) => {
    const { object } = draft({ analyses: [{ name: 'one', templateName: 'errors', args: [arg] }] }) ?? {};

    expect(object?.['spec']).toMatchObject({ analyses: [{ args: [given] }] });
  });

  it('takes pods, selector and readiness of stable where the step says nothing', () => {
    const spec = {
      minReadySeconds: 7,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [] } },
    };
    const templates = [{ name: 'a', weight: 5, metadata: { labels: { side: 'a' } } }];

    expect(made({ templates }, { spec })).toEqual([
      {
        name: 'a',
        minReadySeconds: 7,
        service: {},
        selector: { matchLabels: { app: 'web', side: 'a' } },
        template: { metadata: { labels: { app: 'web', side: 'a' }, annotations: {} }, spec: { containers: [] } },
      },
    ]);
  });

  it('bears a ReplicaSet that lacks all of this', () => {
    expect(made({ templates: [{ name: 'a', specRef: 'canary' }] }, {})).toEqual([
      { name: 'a', selector: { matchLabels: {} }, template: { metadata: { labels: {}, annotations: {} } } },
    ]);
  });

  it('gets the first name that nobody has', () => {
    const taken = new Set(['web-two-2-1', 'web-two-2-1-1']);
    const given = { ...both, isExperimentNameTaken: (name: string) => taken.has(name) };
    const scene = sceneOf(anObserved({ ...given, replicaSets: [aReplicaSet('one'), aReplicaSet('two')] }), aStatus());

    expect(experimentName(scene, 1)).toBe('web-two-2-1-2');
  });
});
