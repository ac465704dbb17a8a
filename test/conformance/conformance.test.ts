/** Every case on a real kube-apiserver and on the sandbox's: the same answers, and those that are recorded. */

import { beforeAll, describe, expect, it } from 'vitest';
import { clusterMissing } from '../bed/cluster.ts';
import { groups } from './cases/all.ts';
import { type Answers, collect } from './collect.ts';
import { compare, differencesText } from './compare.ts';
import { readRecorded } from './recorded.ts';
import { startReal, startSandbox } from './servers.ts';

const missing = clusterMissing();
const cases = groups.flatMap((group) => group.cases);

it('the ids of the cases are names of namespaces, each given once', () => {
  const ids = cases.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(id))).toEqual([]);
});

describe.skipIf(missing !== undefined)(`sandbox and kube-apiserver${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let real: Answers;
  let sandbox: Answers;
  beforeAll(async () => {
    real = await collect(startReal, cases);
    sandbox = await collect(startSandbox, cases);
  }, 300_000);

  describe.each(groups)('$name', (group) => {
    const recorded = readRecorded(group.name);

    it.each(group.cases)('$id: $shows', (each) => {
      const answers = real.get(each.id) ?? [];
      const { differences, stale } = compare(each, answers, sandbox.get(each.id) ?? []);
      expect(differencesText(differences)).toBe('');
      expect(stale, 'differences on purpose that are none any more').toEqual([]);
      // Else the fast tests of the sandbox compare with a server that is no more: record again.
      expect(recorded[each.id]).toEqual(answers);
    });
  });
});
