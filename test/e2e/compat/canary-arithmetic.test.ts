/** How many pods a weight means without a router, and that sizes stay within surge and unavailability on the way. */
import { expect } from 'vitest';
import type { JsonObject } from '../../../crds/schema/json.ts';
import { plan, promote } from './canary-plans.ts';
import { onStage } from './stage.ts';

interface Row {
  readonly title: string;
  readonly replicas: number;
  readonly weight: number;
  readonly limits: JsonObject;
  readonly sizes: Readonly<Record<string, number>>;
  /** The least and the most pods asked for on the way, both revisions together. */
  readonly between: readonly [number, number];
}

const rows: readonly Row[] = [
  {
    title: 'an exact share needs no surge pod [Rollout.spec.replicas]',
    replicas: 4,
    weight: 25,
    limits: { maxSurge: 1, maxUnavailable: 0 },
    sizes: { v1: 3, v2: 1 },
    between: [4, 5],
  },
  {
    title: 'a surge pod is kept where it brings the share nearer',
    replicas: 3,
    weight: 50,
    limits: { maxSurge: 1, maxUnavailable: 0 },
    sizes: { v1: 2, v2: 2 },
    between: [3, 4],
  },
  {
    title: 'without surge a tie goes to the larger canary [Rollout.spec.strategy.canary.maxUnavailable]',
    replicas: 3,
    weight: 50,
    limits: { maxSurge: 0, maxUnavailable: 1 },
    sizes: { v1: 1, v2: 2 },
    between: [2, 3],
  },
  {
    title: 'a small weight has one pod at least, beside all stable ones where surge allows it',
    replicas: 5,
    weight: 10,
    limits: { maxSurge: 1, maxUnavailable: 0 },
    sizes: { v1: 5, v2: 1 },
    between: [5, 6],
  },
  {
    title: 'a large weight leaves one stable pod, with surge and all canary pods beside it',
    replicas: 5,
    weight: 90,
    limits: { maxSurge: 1, maxUnavailable: 0 },
    sizes: { v1: 1, v2: 5 },
    between: [5, 6],
  },
  {
    title: 'a large weight leaves one stable pod, without surge too',
    replicas: 5,
    weight: 90,
    limits: { maxSurge: 0, maxUnavailable: 1 },
    sizes: { v1: 1, v2: 4 },
    between: [4, 5],
  },
  {
    title: 'one pod and surge: half is one of each',
    replicas: 1,
    weight: 50,
    limits: { maxSurge: 1, maxUnavailable: 0 },
    sizes: { v1: 1, v2: 1 },
    between: [1, 2],
  },
  {
    title: 'one pod without surge: no canary before the end of the plan',
    replicas: 1,
    weight: 50,
    limits: { maxSurge: 0, maxUnavailable: 1 },
    sizes: { v1: 1 },
    between: [0, 1],
  },
  {
    title: 'maxSurge in percent rounds up, maxUnavailable rounds down [Rollout.spec.strategy.canary.maxSurge]',
    replicas: 3,
    weight: 100,
    limits: { maxSurge: '34%', maxUnavailable: '34%' },
    sizes: { v2: 3 },
    between: [2, 5],
  },
  {
    title: 'a weight of 0 has no pod',
    replicas: 2,
    weight: 0,
    limits: { maxSurge: 1, maxUnavailable: 0 },
    sizes: { v1: 2 },
    between: [2, 3],
  },
];

onStage('sizes of a canary without a router', (scenario) => {
  for (const { title, replicas, weight, limits, sizes, between } of rows) {
    scenario(title, async (app) => {
      const spec = { replicas, ...plan([{ setWeight: weight }, { pause: {} }], limits) };
      await app.releaseHealthy('v1', spec);
      const before = app.totals().length;
      await app.release('v2', spec);

      await app.untilPhase('Paused', 'CanaryPauseStep');
      expect(await app.sizes()).toEqual(sizes);

      await app.patchStatus(promote);
      await app.untilPhase('Healthy', '');
      expect(await app.sizes()).toEqual({ v2: replicas });
      await app.untilSeen('all sizes', () => app.totals().at(-1) === replicas);
      const [least, most] = between;
      for (const total of app.totals().slice(before)) {
        expect(total).toBeGreaterThanOrEqual(least);
        expect(total).toBeLessThanOrEqual(most);
      }
    });
  }

  scenario('without steps pods are replaced by the limits alone [Rollout.spec.template.spec]', async (app) => {
    const spec = { strategy: { canary: { maxSurge: 2, maxUnavailable: 0 } } };
    await app.releaseHealthy('v1', spec);
    await app.releaseHealthy('v2', spec);

    await app.untilSeen('v1 without pods', () => app.sizesOver('v1').at(-1) === 0);
    expect(app.sizesOver('v2')).toEqual(app.sizesOver('v2').toSorted((a, b) => a - b));
    expect(app.sizesOver('v2')[0]).toBe(2);
    expect(Math.max(...app.totals())).toBe(6);
    expect(Math.min(...app.totals())).toBe(4);
  });

  scenario('a maxSurge without a percent sign in text is a percentage', async (app) => {
    const spec = { strategy: { canary: { maxSurge: '50', maxUnavailable: 0 } } };
    await app.releaseHealthy('v1', spec);
    await app.releaseHealthy('v2', spec);
    await app.untilSeen('v1 without pods', () => app.sizesOver('v1').at(-1) === 0);
    expect(Math.max(...app.totals())).toBe(6);
  });

  scenario('limits that both round to 0 let one pod be missing', async (app) => {
    const spec = { replicas: 3, strategy: { canary: { maxSurge: 0, maxUnavailable: '10%' } } };
    await app.releaseHealthy('v1', spec);
    const before = app.totals().length;
    await app.releaseHealthy('v2', spec);
    await app.untilSeen('v1 without pods', () => app.sizesOver('v1').at(-1) === 0);
    expect(app.sizesOver('v1')).toEqual([3, 2, 1, 0]);
    expect(Math.max(...app.totals().slice(before))).toBe(3);
    expect(Math.min(...app.totals().slice(before))).toBe(2);
  });

  scenario('a canary that never gets ready takes no pod of stable beyond the limits', async (app) => {
    await app.releaseHealthy('v1', plan([{ setWeight: 50 }]));
    await app.release('missing', plan([{ setWeight: 50 }]));
    await app.untilPhase('Progressing', 'more replicas need to be updated');
    await app.untilSizes({ v1: 4, missing: 1 });
    expect(app.sizesOver('v1')).toEqual([4]);
  });
});
