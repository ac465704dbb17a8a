import { describe, expect, it } from 'vitest';
import type { AntiAffinity } from '../../crds/schema/canary.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import type { JsonObject } from '../../kube/api.ts';
import { withAntiAffinity } from './anti-affinity.ts';
import { sceneOf } from './scene.ts';
import { anObserved, aStatus, shopKeys } from './testing/builders.ts';

const preferred: AntiAffinity = { preferredDuringSchedulingIgnoredDuringExecution: { weight: 40 } };
const required: AntiAffinity = { requiredDuringSchedulingIgnoredDuringExecution: {} };
const term = {
  labelSelector: { matchExpressions: [{ key: shopKeys.podTemplateHash, operator: 'In', values: ['one'] }] },
  topologyKey: 'kubernetes.io/hostname',
};

/** The affinity of a new ReplicaSet's pods, which is `own` in the template. */
function affinityOf(antiAffinity: AntiAffinity | undefined, own?: JsonObject, status: RolloutStatus = aStatus()) {
  const canary = antiAffinity === undefined ? {} : { antiAffinity };
  const scene = sceneOf(anObserved({ rollout: { canary } }), status);
  const pod = own === undefined ? {} : { affinity: own };
  const made = withAntiAffinity(scene, { spec: { template: { spec: pod } } });
  return (made as { spec: { template: { spec: { affinity?: unknown } } } }).spec.template.spec.affinity;
}

describe('pods of a new revision', () => {
  it('stay off the nodes of stable where that can be', () => {
    const rule = { weight: 40, podAffinityTerm: term };

    expect(affinityOf(preferred)).toEqual({
      podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [rule] },
    });
  });

  it('never share a node with stable when that is required', () => {
    expect(affinityOf(required)).toEqual({
      podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] },
    });
  });

  it('keep the rules that their template has', () => {
    const own = { topologyKey: 'zone', labelSelector: {} };
    const affinity = affinityOf(required, {
      nodeAffinity: { a: 'b' },
      podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [own] },
    });

    expect(affinity).toEqual({
      nodeAffinity: { a: 'b' },
      podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [own, term] },
    });
  });

  it('are placed freely when nobody asks for it, before anything is stable, and when they are stable themselves', () => {
    expect(affinityOf(undefined)).toBeUndefined();
    expect(affinityOf(required, undefined, aStatus({ stableRS: '' }))).toBeUndefined();
    expect(affinityOf(required, undefined, aStatus({ stableRS: 'two' }))).toBeUndefined();
  });

  it('follow the rule of a blue-green Rollout too', () => {
    const observed = anObserved();
    const strategy = { blueGreen: { activeService: 'web-active', antiAffinity: required } };
    const rollout = { ...observed.rollout, spec: { ...observed.rollout.spec, strategy } };
    const made = withAntiAffinity(sceneOf({ ...observed, rollout }, aStatus()), {});

    expect(made).toEqual({
      spec: {
        template: {
          spec: { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } },
        },
      },
    });
  });
});
