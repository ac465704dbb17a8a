/**
 * The observer is sensitive: each deliberately broken controller is caught by the invariant that it breaks, each invariant has a
 * controller that breaks it, and the controller as it is breaks none in the same situations.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { invariantIds } from '../observer/invariant.ts';
import { mutants } from './all-mutants.ts';
import { patched } from './mutant.ts';
import {
  type ChildOutcome,
  idsIn,
  runMutant,
  runUndisturbed,
  type TableRow,
  tableOf,
  turns,
  usedSituations,
} from './run-children.ts';
import { repositoryRoot } from './source-hook.ts';

/** The whole lot takes its time when the machine is busy; one of them, seconds. */
const timeoutMs = 600_000;

describe('mutants', () => {
  it('are twenty at least, each with its own id', () => {
    expect(new Set(mutants.map(({ id }) => id)).size).toBe(mutants.length);
    expect(mutants.length).toBeGreaterThanOrEqual(24);
  });

  it.each(mutants.map((mutant) => [mutant.id, mutant] as const))('%s still fits the source', (_id, mutant) => {
    for (const file of new Set(mutant.patches.map((one) => one.file))) {
      const source = readFileSync(join(repositoryRoot, file), 'utf8');
      expect(patched(mutant, file, source)).not.toBe(source);
    }
  });

  it.each(invariantIds)('there is one for %s', (id) => {
    expect(mutants.some(({ breaks }) => breaks.includes(id))).toBe(true);
  });

  it('is stale when its text is gone or stands there twice', () => {
    const stale = { ...mutants[0]!, id: 'some', patches: [{ file: 'a.ts', find: 'if', replace: 'unless' }] };

    expect(() => patched(stale, 'a.ts', 'nothing')).toThrow(/mutant some is stale: "if" stands 0 times in a.ts/);
    expect(() => patched(stale, 'a.ts', 'if if')).toThrow(/stands 2 times/);
    expect(patched(stale, 'b.ts', 'if')).toBe('if');
  });
});

describe('the observer', () => {
  const outcomes = new Map<string, Promise<ChildOutcome>>();
  const rows: TableRow[] = [];

  beforeAll(() => {
    const turn = turns();
    const start = (key: string, work: () => Promise<ChildOutcome>): void => {
      const outcome = turn(work);
      // It is awaited by its own test, which may come much later.
      outcome.catch(() => undefined);
      outcomes.set(key, outcome);
    };
    for (const situation of usedSituations()) start(situation, () => runUndisturbed(situation));
    for (const mutant of mutants) start(`mutant ${mutant.id}`, () => runMutant(mutant));
  });
  afterAll(() => {
    process.stdout.write(`\nmutant, and which invariants caught it:\n${tableOf(rows)}\n`);
  });

  it.each(usedSituations())(
    'finds nothing in the controller as it is: %s',
    async (situation) => {
      expect(await outcomes.get(situation)).toEqual({ isComplete: true, violations: [] });
    },
    timeoutMs,
  );

  it.each(mutants.map((mutant) => [mutant.id, mutant.breaks.join(' or '), mutant] as const))(
    'catches %s by %s',
    async (id, _breaks, mutant) => {
      const outcome = await outcomes.get(`mutant ${id}`);
      const caughtBy = outcome === undefined ? [] : idsIn(outcome);
      rows.push({ id, caughtBy });

      const isCaught = caughtBy.some((one) => mutant.breaks.includes(one));
      expect({ isCaught, caughtBy }).toEqual({ isCaught: true, caughtBy });
    },
    timeoutMs,
  );
});
