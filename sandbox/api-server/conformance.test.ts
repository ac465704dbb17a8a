/** The recorded answers of a real API server, against this one without sockets: the fast half of test/conformance. */

import { beforeAll, describe, expect, it } from 'vitest';
import { groups } from '../../test/conformance/cases/all.ts';
import { compare, differencesText } from '../../test/conformance/compare.ts';
import { inProcessTarget, steppedClock } from '../../test/conformance/in-process-target.ts';
import { normalise } from '../../test/conformance/normalise.ts';
import { readRecorded } from '../../test/conformance/recorded.ts';
import { runCase } from '../../test/conformance/run-case.ts';
import { installDefinitions } from '../../test/conformance/servers.ts';
import type { Target } from '../../test/conformance/target.ts';
import { apiServer } from './api-server.ts';

/** Numbers that look random and are the same in each run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

let target: Target;

beforeAll(async () => {
  const clock = steppedClock(Date.UTC(2026, 0, 5, 12));
  target = inProcessTarget(apiServer({ clock, random: seeded(7), historySize: 500 }), clock);
  await installDefinitions(target);
});

describe.each(groups)('$name', (group) => {
  const recorded = readRecorded(group.name);

  it.each(group.cases.filter((each) => each.needs === undefined))('$id: $shows', async (each) => {
    const real = recorded[each.id];
    if (real === undefined) throw new Error(`${each.id} was never recorded: npm run -s conformance -- --record`);
    const sandbox = normalise(each, await runCase(target, each));
    expect(differencesText(compare(each, real, sandbox).differences)).toBe('');
  });
});
