/**
 * Three projects: `unit` beside the sources, `faults` for whole runs with faults in virtual time, `real` against real servers
 * that the tests start themselves.
 */
import { defineConfig } from 'vitest/config';

const rooms = '{crds,kube,analysis,outbound,source,controller,edge,cli,sandbox,scripts}';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            `${rooms}/**/*.test.ts`,
            'test/{pod-hash,yaml-corpus,structure,faults/{observer,plan,proxy}}/**/*.test.ts',
          ],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'faults',
          include: ['test/faults/{in-process,mutants,regressions,sweep,decide}/**/*.test.ts'],
          testTimeout: 180_000,
          pool: 'forks',
          maxWorkers: 1,
        },
      },
      {
        test: {
          name: 'real',
          include: ['test/{integration,e2e,conformance}/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          pool: 'forks',
          maxWorkers: 2,
        },
      },
    ],
  },
});
