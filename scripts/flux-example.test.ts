import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { evaluate } from '@marcbachmann/cel-js';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { rolloutPhases } from '../crds/schema/rollout-status.ts';

const Example = z.object({
  spec: z.object({
    healthCheckExprs: z.array(z.object({ current: z.string(), inProgress: z.string(), failed: z.string() })),
  }),
});
const file = join(import.meta.dirname, '..', 'examples', 'flux', 'kustomization.yaml');
const [expressions] = Example.parse(load(readFileSync(file, 'utf8'))).spec.healthCheckExprs;

/** What Flux makes of a status: the expressions that hold. */
function judged(status: object, generation = 2): readonly string[] {
  const context = { status, metadata: { generation: BigInt(generation) } };
  return Object.entries(expressions ?? {}).flatMap(([name, text]) => (evaluate(text, context) === true ? [name] : []));
}

describe("the example's expressions for Flux", () => {
  it('give every phase exactly one answer', () => {
    const answers = rolloutPhases.map((phase) => [phase, judged({ phase, observedGeneration: '2' })]);

    expect(answers).toEqual([
      ['Healthy', ['current']],
      ['Degraded', ['failed']],
      ['Progressing', ['inProgress']],
      ['Paused', ['inProgress']],
    ]);
  });

  it('wait while a change has not been seen, and for a Rollout without a status', () => {
    expect(judged({ phase: 'Healthy', observedGeneration: '1' })).toEqual(['inProgress']);
    expect(judged({ phase: 'Degraded', observedGeneration: '1' })).toEqual(['inProgress']);
    expect(judged({})).toEqual(['inProgress']);
  });
});
