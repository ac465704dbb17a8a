import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPlan } from '../plan/plan.ts';
import { judgedPlan } from './judged-run.ts';

const folder = join(import.meta.dirname, '..', 'plans');
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

/** Plans that once failed; the note in each says what it showed. */
describe('plans that were kept', () => {
  it.each(files)('%s ends as the undisturbed run, and every fault of it strikes', async (file) => {
    const plan = readPlan(join(folder, file));
    const { result, found } = await judgedPlan(plan);

    expect(found).toEqual([]);
    expect(result.struck).toHaveLength(plan.faults.length);
  });
});
