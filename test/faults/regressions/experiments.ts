/** Bugs of experiments in a plan. */

import { probeQuery } from '../in-process/metrics-answers.ts';
import type { Regression } from './regression.ts';

const probe = {
  apiVersion: 'tidegate.io/v1alpha1',
  kind: 'AnalysisTemplate',
  metadata: { name: 'probe' },
  spec: {
    metrics: [
      {
        name: 'probe',
        interval: '1s',
        count: 3,
        failureCondition: 'result[0] > 0',
        provider: { prometheus: { address: 'http://prometheus.example', query: probeQuery('shop-canary') } },
      },
    ],
  },
};

export const experimentRegressions: readonly Regression[] = [
  {
    id: 'R37',
    wrong: 'with an experiment as the first step its test by the canary Service hit the old code and passed',
    async play(stage) {
      const experiment = {
        templates: [{ name: 'trial', specRef: 'canary' }],
        analyses: [{ name: 'probe', templateName: 'probe', requiredForCompletion: true }],
      };
      await stage.begin({ version: 'v1' }, [probe]);
      stage.always(() =>
        stage.hash('bad-v2') !== '' && stage.status('stableRS') === stage.hash('bad-v2')
          ? 'a bad revision was promoted'
          : undefined,
      );
      stage.always(() => (stage.canaryWeight() > 0 ? 'a revision got traffic before its test had passed' : undefined));
      await stage.release({ version: 'bad-v2', steps: [{ experiment }] });
      await stage.soon('it is aborted', 120_000, () => stage.isAborted());
    },
    mutant: {
      patches: [
        {
          file: 'controller/rollout/canary-target.ts',
          find: 'steps[stepIndex]?.experiment === undefined || isArgo(observed.dialect) ? 0',
          replace: 'steps[stepIndex]?.experiment === undefined || stepIndex >= 0 ? 0',
        },
      ],
      shows: ['user', 'stuck'],
    },
  },
];
