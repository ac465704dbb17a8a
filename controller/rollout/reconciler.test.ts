/** One pass after the other over caches that show what was written: what is retried, what is left alone, and when it looks again. */

import { describe, expect, it } from 'vitest';
import { tidegateDialect } from '../../crds/schema/dialect.ts';
import { ownKeys } from '../../crds/schema/keys.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import type { ApiResult, EventDraft, KubeObject } from '../../kube/api.ts';
import { fakeClock } from '../../kube/fake-clock.ts';
import type { Readiness } from '../../kube/own-writes.ts';
import { silentLog } from '../../kube/silent-log.ts';
import type { ReplicaSetView, RolloutObject } from './observed.ts';
import type { RolloutReconcilerOptions } from './options.ts';
import { parseRollout } from './parse-rollout.ts';
import { rolloutReconciler } from './reconciler.ts';
import type { RolloutRunObject } from './stores.ts';
import { aReplicaSet, aRollout, shopKeys } from './testing/builders.ts';
import { type Call, fakeClient } from './testing/fake-client.ts';

const names = ['pods', 'services', 'endpointSlices', 'analysisRuns', 'experiments', 'analysisTemplates'];
const others = ['clusterAnalysisTemplates', 'strategyPresets', 'clusterStrategyPresets'];

/** One Rollout `shop/web` by numbers of pods, of which the first revision is to be released. */
class Shop {
  rollout: KubeObject | undefined = aRollout({ replicas: 2 });
  sets: ReplicaSetView[] = [];
  run: RolloutRunObject | undefined;
  ready: Readiness = { kind: 'ready' };
  readonly fake = fakeClient();
  readonly events: string[] = [];
  readonly reconcile = rolloutReconciler(this.options());

  private options(): RolloutReconcilerOptions {
    const none = { get: () => undefined, byIndex: () => [], byOwner: () => [], list: () => [] };
    const stores = {
      ...Object.fromEntries([...names, ...others].map((name) => [name, none])),
      rollouts: { ...none, get: () => this.rollout },
      replicaSets: { ...none, byOwner: () => this.sets },
      rolloutRuns: { ...none, get: () => this.run },
      workloads: {},
      routes: new Map(),
    };
    return {
      client: this.fake.client,
      stores: stores as unknown as RolloutReconcilerOptions['stores'],
      seen: () => undefined,
      ownWrites: { wrote: () => undefined, ready: () => this.ready, forget: () => undefined },
      gitReverts: none as unknown as NonNullable<RolloutReconcilerOptions['gitReverts']>,
      clock: fakeClock(),
      dialect: tidegateDialect,
      keys: shopKeys,
      events: { record: (draft: EventDraft) => void this.events.push(draft.reason) },
      leadership: { term: 'mine', signal: new AbortController().signal, mayWrite: () => true },
      routers: [],
      log: silentLog,
    };
  }

  get podHash(): string {
    return parseRollout(this.rollout as RolloutObject, tidegateDialect).podHash;
  }

  get status(): RolloutStatus {
    return (this.rollout as unknown as { status: RolloutStatus }).status;
  }

  set status(status: RolloutStatus) {
    this.rollout = Object.assign({ ...this.rollout }, { status }) as unknown as KubeObject;
  }

  private show({ verb, kind, body = {} }: Call): void {
    const { status } = body as { status?: object };
    if (kind === 'Rollout' && status !== undefined) this.status = merged(this.status, status);
    if (kind !== 'RolloutRun') return;
    const made = verb === 'create' ? body : { ...this.run, status: merged(this.run?.status ?? {}, status ?? {}) };
    this.run = made as RolloutRunObject;
  }

  /** A pass, after which the caches show the status that was written. */
  async pass() {
    const before = this.fake.calls.length;
    const result = await this.reconcile('shop/web');
    const calls = this.fake.calls.slice(before);
    for (const call of calls.filter((one) => this.fake.answer(one) === undefined)) this.show(call);
    return { result, writes: calls.map((one) => `${one.verb} ${one.kind}`) };
  }
}

function merged(before: object, patch: object): RolloutStatus {
  const all = Object.entries({ ...before, ...patch }).filter(([, value]) => value !== null);
  return Object.fromEntries(all) as RolloutStatus;
}

const answerTo =
  (verb: Call['verb'], kind: string, answer: ApiResult) =>
  (call: Call): ApiResult | undefined =>
    call.verb === verb && call.kind === kind ? answer : undefined;

describe('a pass over a Rollout', () => {
  it('that is being deleted does nothing', async () => {
    const shop = new Shop();
    shop.rollout = { ...aRollout(), metadata: { ...aRollout().metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };

    expect(await shop.pass()).toEqual({ result: { kind: 'done' }, writes: [] });
  });

  it('that is gone, with no release of it open, does nothing', async () => {
    const shop = new Shop();
    shop.rollout = undefined;

    expect(await shop.pass()).toEqual({ result: { kind: 'done' }, writes: [] });
  });

  it('whose ReplicaSets change hands does nothing', async () => {
    const shop = new Shop();
    shop.rollout = aRollout({ annotations: { [ownKeys.adopting]: 'held' } });

    expect(await shop.pass()).toEqual({ result: { kind: 'done' }, writes: [] });
  });

  it('is made again, and tells nothing, when the API server says nothing of the template', async () => {
    const shop = new Shop();
    shop.fake.answer = answerTo('create', 'ReplicaSet', { kind: 'busy', retryAfterMs: 700 });

    expect((await shop.pass()).result).toMatchObject({ kind: 'retry', afterMs: 700 });
    expect(shop.events).toEqual([]);
  });

  it('decides nothing on caches that lack an own write', async () => {
    const shop = new Shop();
    shop.ready = { kind: 'wait', forMs: 20, on: 'Service' };

    expect(await shop.pass()).toMatchObject({ result: { kind: 'retry', afterMs: 20 }, writes: [] });
  });

  it('of a release under way stamps its term first, and decides when the caches show it', async () => {
    const shop = new Shop();
    shop.status = { currentPodHash: shop.podHash, currentStepIndex: 0 };
    shop.fake.answer = answerTo('merge', 'Rollout', { kind: 'busy', retryAfterMs: 700 });
    expect(await shop.pass()).toMatchObject({ result: { kind: 'retry', afterMs: 700 } });

    shop.fake.answer = () => undefined;
    expect(await shop.pass()).toMatchObject({
      result: { kind: 'retry', why: 'the caches lack the stamps' },
      writes: ['merge Rollout'],
    });
    await shop.pass();
    expect((await shop.pass()).writes).toContain('create ReplicaSet');
  });

  it('is made again, and tells why, when no ReplicaSet could be made', async () => {
    const shop = new Shop();
    shop.fake.answer = answerTo('create', 'ReplicaSet', { kind: 'forbidden', right: 'create it', message: 'no quota' });

    expect((await shop.pass()).result).toMatchObject({ kind: 'retry', why: 'the controller may not create it' });
  });

  it('is made again when a write was refused', async () => {
    const shop = new Shop();
    shop.fake.answer = answerTo('merge', 'Rollout', { kind: 'conflict', message: 'changed', reason: 'Conflict' });

    expect((await shop.pass()).result).toMatchObject({ kind: 'retry' });
    expect(shop.status.currentPodHash).toBeUndefined();
  });

  it('records the first revision, makes its pods, and comes to rest when they are there', async () => {
    const shop = new Shop();
    const first = await shop.pass();
    expect(first.writes).toEqual(['create ReplicaSet', 'merge Rollout', 'create RolloutRun']);
    expect(first.result).toMatchObject({ kind: 'done' });

    expect((await shop.pass()).writes).toContain('create ReplicaSet');
    expect(shop.events).toContain('NewReplicaSetCreated');
    shop.sets = [aReplicaSet(shop.podHash, { replicas: 2 })];
    let last = await shop.pass();
    for (let passes = 0; passes < 9 && 'lookAgainAt' in last.result; passes += 1) {
      shop.rollout = Object.assign(
        { ...shop.rollout },
        {
          metadata: { ...aRollout().metadata, annotations: { [shopKeys.revision]: '1' } },
        },
      ) as unknown as KubeObject;
      last = await shop.pass();
    }

    expect(shop.status).toMatchObject({ phase: 'Healthy', stableRS: shop.podHash });
    expect(last.result).toEqual({ kind: 'done' });
    expect(await shop.pass()).toEqual({ result: { kind: 'done' }, writes: [] });
  });
});
