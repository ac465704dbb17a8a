/** Memory and CPU of the shipped bundle while nothing changes, with a number of settled Rollouts. */

import { setTimeout as delay } from 'node:timers/promises';
import type { Bench } from './core.ts';
import { round, useOf } from './figures.ts';
import { settled } from './measure-rollouts.ts';
import { plainRollout } from './plain-rollout.ts';
import { auditMark, type Requests, requestsSince } from './requests.ts';

export interface IdleFigures {
  readonly rollouts: number;
  readonly rssMiB: number;
  readonly cpuSecondsPerMinute: number;
  readonly requestsPerMinute: Requests;
}

const idleMs = 60_000;

/** Each Rollout has one pod. Adds to what is there already; the count says how many there are. */
export async function measureIdle(bench: Bench, rollouts: number): Promise<IdleFigures> {
  const { api } = bench.world.bed.cluster;
  const names = Array.from({ length: rollouts }, (_, i) => `idle-${i}`);
  for (let i = 0; i < names.length; i += 50) {
    await Promise.all(
      names
        .slice(i, i + 50)
        .map((name) => api.apply(plainRollout({ name, version: 'v1', replicas: 1, steps: [{ setWeight: 50 }] }))),
    );
  }
  await settled(bench, names, 'v1');
  await delay(5_000);
  const pid = bench.controller.child().pid;
  const mark = auditMark(bench.world.bed.cluster);
  const before = useOf(pid);
  await delay(idleMs);
  const after = useOf(pid);
  return {
    rollouts: bench.watching.store('Rollout').list().length,
    rssMiB: after.rssMiB,
    cpuSecondsPerMinute: round(after.cpuSeconds - before.cpuSeconds),
    requestsPerMinute: requestsSince(bench.world.bed.cluster, mark),
  };
}
