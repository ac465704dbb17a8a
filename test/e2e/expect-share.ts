/** The assertion about a canary's share of real traffic. */

import { expect } from 'vitest';
import { eventually } from '../bed/eventually.ts';
import { binomialBand } from './binomial-band.ts';
import { sendMany } from './load.ts';
import { shareDuring } from './traffic.ts';
import type { World } from './world.ts';

/** Sends at least 2,000 requests; the share that the revision's pods answered must lie in the binomial 99.999 % band of the weight. */
export async function expectShare(world: World, name: string, hash: string, weight: number): Promise<void> {
  await routeServes(world, name, hash, weight);
  const share = await shareDuring(world, name, hash, () =>
    sendMany({ url: world.bed.gateway.url, host: `${name}.example` }, 2_000),
  );
  const band = binomialBand(share.total, weight / 100);
  expect(share.total).toBeGreaterThanOrEqual(2_000);
  expect(
    share.ofHash,
    `of ${share.total} requests at ${weight} %, allowed ${band.low} to ${band.high}`,
  ).toBeGreaterThanOrEqual(band.low);
  expect(
    share.ofHash,
    `of ${share.total} requests at ${weight} %, allowed ${band.low} to ${band.high}`,
  ).toBeLessThanOrEqual(band.high);
}

/** Within a few seconds each of 2,000 requests is answered by this revision: both Services lead to it, and the gateway knows. */
export async function expectAllTraffic(world: World, name: string, hash: string): Promise<void> {
  const target = { url: world.bed.gateway.url, host: `${name}.example` };
  const all = async (saw: (value: unknown) => void) => {
    const share = await shareDuring(world, name, hash, () => sendMany(target, 2_000));
    saw(share);
    return share.total >= 2_000 && share.ofHash === share.total;
  };
  await eventually('all traffic is on the promoted revision', all, { withinMs: 20_000 });
}

/** The gateway's data plane is a moment behind its status: waits until a short sample fits the weight, before the real one is taken. */
async function routeServes(world: World, name: string, hash: string, weight: number): Promise<void> {
  const target = { url: world.bed.gateway.url, host: `${name}.example` };
  await eventually(
    `the gateway serves ${weight} %`,
    async (saw) => {
      const share = await shareDuring(world, name, hash, () => sendMany(target, 200));
      saw(share);
      const band = binomialBand(share.total, weight / 100);
      return share.ofHash >= band.low && share.ofHash <= band.high;
    },
    { withinMs: 5_000 },
  );
}
