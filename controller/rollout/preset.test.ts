/** A run keeps the preset that it began with, whatever becomes of it; the next revision takes it as it is then. */

import { describe, expect, it } from 'vitest';
import { argoDialect, type Dialect, tidegateDialect } from '../../crds/schema/dialect.ts';
import { keys } from '../../crds/schema/keys.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import type { JsonObject, KubeObject } from '../../kube/api.ts';
import { decide } from './decide.ts';
import { observe } from './observe.ts';
import type { ReplicaSetView, RolloutObject } from './observed.ts';
import { parseRollout } from './parse-rollout.ts';
import { recordObject } from './record.ts';
import { referencesOf } from './references.ts';
import type { RolloutStores } from './stores.ts';
import { statusPatch } from './status-diff.ts';
import { aReplicaSet, aRollout, start } from './testing/builders.ts';

type Preset = KubeObject & JsonObject;

function aPreset(weight: number, generation = 1, other?: JsonObject): Preset {
  const metadata = {
    name: 'careful',
    namespace: 'shop',
    uid: 'preset',
    resourceVersion: String(generation),
    generation,
  };
  const steps = [{ setWeight: weight }, { pause: { duration: '{{args.wait}}' } }];
  const spec = { args: [{ name: 'wait', default: '1h' }], strategy: other ?? { canary: { steps } } };
  return { apiVersion: 'tidegate.io/v1alpha1', kind: 'StrategyPreset', metadata, spec };
}

/** One Rollout `shop/web` without a router; every pass is a process of its own, which knows nothing but what was stored. */
class Shop {
  image = 'shop:1';
  reference: JsonObject | undefined = { name: 'careful' };
  canary: JsonObject = {};
  blueGreen: JsonObject | undefined;
  preset: Preset | undefined = aPreset(20);
  dialect: Dialect = tidegateDialect;
  status: RolloutStatus = {};
  sets: ReplicaSetView[] = [];

  get object(): RolloutObject {
    const rollout = aRollout({ image: this.image });
    const preset = this.reference === undefined ? {} : { preset: this.reference };
    const own = this.blueGreen === undefined ? { canary: this.canary } : { blueGreen: this.blueGreen };
    const strategy = { ...own, ...preset };
    const stored = { ...rollout, spec: { ...rollout.spec, strategy }, status: this.status };
    return JSON.parse(JSON.stringify(stored)) as unknown as RolloutObject;
  }

  get podHash(): string {
    return parseRollout(this.object, this.dialect).podHash;
  }

  observe() {
    const none = { get: () => undefined, byIndex: () => [], byOwner: () => [] };
    const preset = this.preset === undefined ? undefined : structuredClone(this.preset);
    const stores = {
      ...Object.fromEntries(names.map((name) => [name, none])),
      replicaSets: { ...none, byOwner: () => this.sets },
      strategyPresets: { ...none, get: () => preset },
      routes: new Map(),
    };
    const options = { stores: stores as unknown as RolloutStores, dialect: this.dialect, keys: keys(this.dialect) };
    return observe({ ...options, routers: [] }, this.object, start);
  }

  pass() {
    const decision = decide(this.observe());
    if (decision.phase !== 'act') this.status = JSON.parse(JSON.stringify(decision.status)) as RolloutStatus;
    return decision;
  }

  /** The revision in the spec is stable, and has all pods. */
  release(): void {
    this.pass();
    const set = aReplicaSet(this.podHash, { revision: this.sets.length + 1 });
    this.sets = [...this.sets.filter((one) => one.podHash !== set.podHash).map(empty), set];
    const steps = this.status.currentStepIndex ?? 0;
    this.status = { ...this.status, stableRS: this.podHash, currentStepIndex: steps + 2, transition: undefined };
  }

  /** A new image is on its way, at its first step. */
  begin(image: string): void {
    this.image = image;
    this.pass();
    this.sets = [...this.sets, aReplicaSet(this.podHash, { replicas: 1, revision: this.sets.length + 1 })];
  }

  get weightOfPlan(): unknown {
    return this.observe().rollout.spec.strategy.canary?.steps?.[0]?.setWeight;
  }
}

const names = [
  'rollouts',
  'pods',
  'services',
  'endpointSlices',
  'analysisRuns',
  'experiments',
  'analysisTemplates',
  'clusterAnalysisTemplates',
  'clusterStrategyPresets',
  'rolloutRuns',
];

function empty(set: ReplicaSetView): ReplicaSetView {
  return { ...set, replicas: 0, status: { ...set.status, replicas: 0, ready: 0, available: 0 } };
}

function underWay(): Shop {
  const shop = new Shop();
  shop.release();
  shop.begin('shop:2');
  return shop;
}

describe('a run with a preset', () => {
  it('keeps the strategy, its generation and digest with the start of the revision', () => {
    const shop = underWay();

    expect(shop.status).toMatchObject({
      currentPodHash: shop.podHash,
      preset: {
        name: 'careful',
        generation: 1,
        podHash: shop.podHash,
        strategy: { canary: { steps: [{ setWeight: 20 }, { pause: { duration: '1h' } }] } },
      },
    });
    expect(shop.status.preset?.digest).toHaveLength(22);
    expect(recordObject(shop.observe(), shop.status, 'run').spec).toMatchObject({
      steps: ['setWeight: 20', 'pause: 1h'],
      preset: { name: 'careful', generation: 1, digest: shop.status.preset?.digest },
    });
  });

  it.each<[string, (shop: Shop) => void]>([
    ['changed', (shop) => (shop.preset = aPreset(80, 2))],
    ['deleted', (shop) => (shop.preset = undefined)],
    ['made unusable', (shop) => (shop.preset = aPreset(80, 2, {}))],
  ])('goes on as it began when the preset is %s', (_name, happens) => {
    const shop = underWay();
    const before = structuredClone(shop.status);
    happens(shop);
    const decision = shop.pass();

    expect(shop.observe().problems).toEqual([]);
    expect(shop.weightOfPlan).toBe(20);
    expect(shop.status).toMatchObject({ attempt: 1, currentStepHash: before.currentStepHash, preset: before.preset });
    expect(decision.facts.map((one) => one.reason)).not.toContain('StepsChanged');
  });

  it('begins with the newest preset when the process died before the start was written', () => {
    const shop = new Shop();
    shop.release();
    shop.image = 'shop:2';
    const lost = decide(shop.observe()).status;
    shop.preset = aPreset(80, 2);
    shop.pass();

    expect(lost.preset).toMatchObject({ generation: 1 });
    expect(shop.status).toMatchObject({ currentPodHash: shop.podHash, preset: { generation: 2 } });
    expect(shop.status.currentStepHash).not.toBe(lost.currentStepHash);
  });

  it('writes the strategy with the start itself: no write can part them', () => {
    const shop = new Shop();
    shop.release();
    const before = shop.status;
    shop.image = 'shop:2';
    const decision = decide(shop.observe());

    expect(decision).toMatchObject({ phase: 'record', effects: [] });
    expect(statusPatch(before, decision.status)).toMatchObject({
      currentPodHash: shop.podHash,
      preset: { podHash: shop.podHash },
    });
  });

  it('gives the next revision the preset as it is then', () => {
    const shop = underWay();
    const old = shop.status.currentStepHash;
    shop.preset = aPreset(80, 2);
    shop.begin('shop:3');

    expect(shop.status.preset).toMatchObject({ generation: 2, podHash: shop.podHash });
    expect(shop.status.currentStepHash).not.toBe(old);
    expect(shop.weightOfPlan).toBe(80);
  });

  it('leads back to stable although the preset is gone', () => {
    const shop = underWay();
    shop.preset = undefined;
    shop.image = 'shop:1';
    shop.pass();

    expect(shop.status.transition?.kind).toBe('back-to-stable');
    expect(shop.status.preset).toMatchObject({ generation: 1, podHash: shop.podHash });
  });

  it('keeps the plan on a retry of the same revision', () => {
    const shop = underWay();
    shop.preset = aPreset(80, 2);
    shop.status = { ...shop.status, attempt: 2 };
    shop.pass();

    expect(shop.status).toMatchObject({ attempt: 2, preset: { generation: 1 } });
    expect(shop.weightOfPlan).toBe(20);
  });

  it('takes the preset anew, and starts the steps over, when the Rollout asks for something else', () => {
    const shop = underWay();
    shop.preset = aPreset(80, 2);
    shop.reference = { name: 'careful', args: [{ name: 'wait', value: '5m' }] };
    const decision = shop.pass();

    expect(decision.facts.map((one) => one.reason)).toContain('StepsChanged');
    expect(shop.status).toMatchObject({ attempt: 2, preset: { generation: 2 } });
  });

  it('lets what the Rollout sets itself win, at once', () => {
    const shop = underWay();
    shop.canary = { steps: [{ setWeight: 50 }] };

    expect(shop.weightOfPlan).toBe(50);
  });
});

describe('a stable Rollout', () => {
  it('is not touched by a change of its preset', () => {
    const shop = new Shop();
    shop.release();
    const before = shop.pass();
    shop.preset = aPreset(80, 2);
    const decision = shop.pass();

    expect(decision.effects).toEqual(before.effects);
    expect(shop.status.preset).toMatchObject({ generation: 1 });
    expect(shop.weightOfPlan).toBe(20);
  });

  it('forgets a preset that it names no more', () => {
    const shop = new Shop();
    shop.release();
    shop.reference = undefined;
    const { preset } = shop.pass().status;

    expect(preset).toBeUndefined();
  });
});

describe('a new revision without a usable preset', () => {
  const missing =
    'Rollout shop/web: spec.strategy.preset.name is "careful", but there is no StrategyPreset shop/careful: create it, or correct the name.';

  it('changes nothing and says why, and goes on when the preset appears', () => {
    const shop = new Shop();
    shop.release();
    const stable = shop.status.currentPodHash;
    shop.preset = undefined;
    shop.image = 'shop:2';
    shop.pass();

    expect(shop.status.conditions?.[0]).toMatchObject({ type: 'InvalidSpec', message: missing });
    expect(shop.status).toMatchObject({ currentPodHash: stable, preset: { generation: 1 } });

    shop.preset = aPreset(80, 2);
    shop.pass();

    expect(shop.status).toMatchObject({ currentPodHash: shop.podHash, preset: { generation: 2 } });
  });

  it('names the preset with a rule that its strategy breaks', () => {
    const shop = new Shop();
    shop.preset = aPreset(250, 7);

    expect(shop.observe().problems.map((one) => one.message)).toEqual([
      expect.stringMatching(
        /^Rollout shop\/web with StrategyPreset shop\/careful \(generation 7\): spec\.strategy\.canary\.steps\[0\]\.setWeight is 250, but /,
      ),
    ]);
  });

  it('refuses a preset of the other strategy', () => {
    const shop = new Shop();
    shop.preset = aPreset(1, 1, { blueGreen: { autoPromotionEnabled: false } });

    expect(shop.observe().problems.map((one) => one.message)).toEqual([
      'Rollout shop/web: spec.strategy.canary is set, but StrategyPreset shop/careful is of the strategy blueGreen: write blueGreen, or name another preset.',
    ]);
  });
});

describe('a blue-green preset', () => {
  it('is laid under the Services of the Rollout', () => {
    const shop = new Shop();
    shop.blueGreen = { activeService: 'web', scaleDownDelaySeconds: 60 };
    const blueGreen = { autoPromotionSeconds: '{{args.wait}}', scaleDownDelaySeconds: 5 };
    shop.preset = aPreset(1, 1, { blueGreen });
    shop.reference = { name: 'careful', args: [{ name: 'wait', value: '30' }] };
    const { rollout } = shop.observe();

    expect(rollout.spec.strategy.blueGreen).toEqual({
      activeService: 'web',
      autoPromotionSeconds: 30,
      scaleDownDelaySeconds: 60,
    });
  });
});

describe('with resources of Argo Rollouts', () => {
  it('a field of that name means nothing', () => {
    const shop = new Shop();
    shop.dialect = argoDialect;

    expect(shop.observe().preset).toBeUndefined();
    expect(shop.weightOfPlan).toBeUndefined();
  });
});

describe('references', () => {
  it('lead from a preset to its Rollouts, and from a template to those whose run names it by a preset', () => {
    const shop = underWay();
    const strategy = { canary: { analysis: { templates: [{ templateName: 'checks' }] } } };
    shop.status = { ...shop.status, preset: { ...shop.status.preset, strategy } as RolloutStatus['preset'] };

    expect(referencesOf(shop.object)).toMatchObject({ presets: ['shop/careful'], templates: ['shop/checks'] });

    shop.reference = { name: 'careful', clusterScope: true };

    expect(referencesOf(shop.object).presets).toEqual(['careful']);
  });
});
