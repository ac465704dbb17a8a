/** Bugs of what a process believes: caches that it wrote into, and a leadership that it had lost. */

import type { Commit } from '../../../sandbox/api-server/contract.ts';
import type { Regression } from './regression.ts';
import type { Stage } from './stage.ts';

const quick = [{ setWeight: 40 }, { pause: { duration: '5s' } }, { setWeight: 70 }, { pause: { duration: '5s' } }];

/** Complains of a write of a stopped process to an object that another one has written since. */
function forbidWritesOf(stage: Stage, stopped: string): void {
  const taken = new Set<string>();
  stage.world.api.onCommit(({ caller, kind, name }: Commit) => {
    const { userAgent } = caller;
    if (!userAgent.startsWith('tidegate-controller') || kind === 'Lease' || kind === 'Event') return;
    if (userAgent !== stopped) taken.add(`${kind} ${name}`);
    else if (taken.has(`${kind} ${name}`)) stage.complain(`a leader that was replaced wrote ${kind} ${name}`);
  });
}

export const cacheRegressions: readonly Regression[] = [
  {
    id: 'R21',
    wrong: 'the controller wrote into its cache, and took for stored what the API server had never got',
    end: 'healthy',
    frozen: true,
    faults: [
      {
        at: { write: 'create replicasets.apps shop-rev2', occurrence: 1 },
        kind: 'delay-watch',
        of: 'rollouts.tidegate.io',
        ms: 4_000,
        crash: false,
      },
    ],
    async play(stage) {
      await stage.begin({ version: 'v1', steps: quick });
      await stage.release({ version: 'v2' });
      await stage.untilHealthy('v2');
    },
    mutant: {
      patches: [
        {
          file: 'controller/rollout/reconciler.ts',
          find: '    const decision = decide(observed);',
          replace:
            '    const decision = decide(observed);\n    Object.assign((object as unknown as { status?: object }).status ?? {}, decision.status);',
        },
      ],
      shows: ['stuck', 'S16', 'user'],
    },
  },
  {
    id: 'R23',
    wrong: 'a leader that had been stopped for longer than its lease went on to reconcile beside the new one',
    end: 'healthy',
    leaderElect: true,
    async play(stage) {
      await stage.begin({ version: 'v1', steps: quick });
      await stage.release({ version: 'v2' });
      await stage.until('there is weight', () => stage.canaryWeight() === 40);
      forbidWritesOf(stage, stage.world.stopController(40_000));
      await stage.untilHealthy('v2');
      await stage.pass(30_000);
      await stage.release({ version: 'v3' });
      await stage.untilHealthy('v3');
    },
    mutant: {
      patches: [
        {
          file: 'kube/lease.ts',
          find: 'mayWrite: () => !ended.signal.aborted && ageMs() < durations.renewDeadlineMs,',
          replace: 'mayWrite: () => true,',
        },
        {
          file: 'kube/lease.ts',
          find: "    const result = leftMs <= 0 ? 'too old' : await renewAll(clock, holders, reign, leftMs);",
          replace:
            "    await renewAll(clock, holders, reign, 5_000);\n    reign.renewedAt(clock.monotonicMs());\n    const result = 'held' as string;",
        },
      ],
      shows: ['user'],
    },
  },
];
