import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { rolloutDiagram, withDiagram } from './diagram.ts';
import { lifecycleStates } from './machine.ts';

const page = join(import.meta.dirname, '../../docs/rollout-states.md');

it('the page of states is what the machine says; npm run generate writes it anew', () => {
  expect(readFileSync(page, 'utf8')).toBe(rolloutDiagram());
});

it('the walk through the code shows the same machine', () => {
  const walk = readFileSync(join(import.meta.dirname, '../../docs/architecture.md'), 'utf8');

  expect(walk).toBe(withDiagram(walk));
  expect(walk).toContain('stepping --> aborting: abort / recordAbort');
});

it('names every state and the way an abort goes', () => {
  const text = rolloutDiagram();

  for (const state of lifecycleStates) expect(text).toContain(`| ${state} |`);
  expect(text).toContain('stepping --> aborting: abort / recordAbort');
  expect(text).toContain('any --> superseding: revision / beginRevision, recordSupersede');
});
