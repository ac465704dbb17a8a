/** Bugs of analyses: what was counted as success, and runs that nobody ended or asked for. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import { listAt, textAt } from '../in-process/cluster-state.ts';
import { rollout } from './patches.ts';
import type { Regression } from './regression.ts';
import type { Stage } from './stage.ts';

const latest = { name: 'hash', valueFrom: { podTemplateHashValue: 'Latest' } };
const check: JsonObject = { templates: [{ templateName: 'shop-errors' }], args: [latest] };

function runs(stage: Stage, version: string): readonly JsonObject[] {
  const hash = stage.hash(version);
  return stage.world.state
    .list('AnalysisRun')
    .filter((run) => textAt(run, 'metadata.name').includes(hash) && hash !== '');
}

function open(stage: Stage): readonly JsonObject[] {
  const over = ['Successful', 'Failed', 'Error', 'Inconclusive'];
  return stage.world.state.list('AnalysisRun').filter((run) => !over.includes(textAt(run, 'status.phase')));
}

/** Changes the only metric of the template before anything is released. */
async function metric(stage: Stage, change: JsonObject): Promise<void> {
  const [before] = listAt(stage.world.state.get('AnalysisTemplate', 'shop-errors'), 'spec.metrics');
  await stage.patch('AnalysisTemplate', 'shop-errors', { spec: { metrics: [{ ...before, ...change }] } });
}

export const analysisRegressions: readonly Regression[] = [
  {
    id: 'R31',
    wrong: 'an inconclusive background analysis let a pause end and the update be promoted',
    async play(stage) {
      const steps = [{ setWeight: 40 }, { pause: { duration: '4s' } }, { setWeight: 60 }];
      await stage.begin({ version: 'v1', steps, canary: { analysis: check } });
      await metric(stage, {
        failureCondition: 'result[0] > 0.9',
        successCondition: 'result[0] < -1',
        inconclusiveLimit: 0,
      });
      await stage.release({ version: 'v2' });
      await stage.until('the analysis is inconclusive', () =>
        runs(stage, 'v2').some((run) => textAt(run, 'status.phase') === 'Inconclusive'),
      );
      await stage.pass(60_000);
      if (stage.status('stableRS') === stage.hash('v2')) stage.complain('what nobody could judge was promoted');
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/analysis.ts`,
          find: "  if (run.status?.phase === 'Successful' && run.spec.terminate !== true) return noMoves;",
          replace: '  if (isFinished(run)) return noMoves;',
        },
        {
          file: `${rollout}/analysis.ts`,
          find: '  return place === undefined ? undefined : lackOfEvidence(scene, runsOf(scene, place));',
          replace:
            '  return place === undefined || scene.replicas > 0 ? undefined : lackOfEvidence(scene, runsOf(scene, place));',
        },
      ],
      shows: ['S09', 'user'],
    },
  },
  {
    id: 'R32',
    wrong: 'a job that failed or never started counted as a good measurement',
    async play(stage) {
      const steps = [{ setWeight: 40 }, { analysis: { templates: [{ templateName: 'job' }] } }];
      const job = (image: string): JsonObject => ({
        metrics: [
          {
            name: 'job',
            provider: {
              job: {
                spec: {
                  backoffLimit: 0,
                  template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image }] } },
                },
              },
            },
          },
        ],
      });
      const template = { apiVersion: 'tidegate.io/v1alpha1', kind: 'AnalysisTemplate', metadata: { name: 'job' } };
      await stage.begin({ version: 'v1', steps: [{ setWeight: 40 }] });
      await stage.create({ ...template, spec: job('tidegate.dev/test:missing') });
      stage.always(() =>
        ['v2', 'v3'].some((one) => stage.hash(one) !== '' && stage.status('stableRS') === stage.hash(one))
          ? 'a job that never succeeded let it pass'
          : undefined,
      );
      await stage.release({ version: 'v2', steps });
      await stage.until('the job is made', () => stage.world.state.list('Job').length > 0);
      await stage.pass(30_000);
      if (stage.stepIndex() !== 1) stage.complain('the step passed while the job could not start');
      await stage.patch('AnalysisTemplate', 'job', { spec: job('tidegate.dev/test:crash') });
      await stage.release({ version: 'v3' });
      await stage.soon('it is aborted', 60_000, () => stage.isAborted());
    },
    mutant: {
      patches: [
        {
          file: 'controller/analysis-run/job-view.ts',
          find: "    if (type !== 'Complete' && type !== 'Failed') continue;\n    return { type,",
          replace: "    if (type !== 'Complete' && type !== 'Failed') continue;\n    return { type: 'Complete',",
        },
      ],
      shows: ['S09', 'user', 'stuck'],
    },
  },
  {
    id: 'R33',
    wrong: 'an analysis that failed just when a step changed did not stop the update',
    async play(stage) {
      const steps = [
        { setWeight: 40 },
        { pause: { duration: '3s' } },
        { setWeight: 60 },
        { pause: { duration: '3s' } },
        { setWeight: 80 },
        { pause: { duration: '3s' } },
      ];
      await stage.begin({ version: 'v1', steps, canary: { analysis: check } });
      await metric(stage, { count: 30, failureLimit: 0 });
      stage.always(() =>
        stage.hash('bad-v2') !== '' && stage.status('stableRS') === stage.hash('bad-v2')
          ? 'the failing revision was promoted'
          : undefined,
      );
      await stage.release({ version: 'bad-v2' });
      await stage.soon('it is aborted', 60_000, () => stage.isAborted());
    },
    faults: [
      {
        at: { write: 'create analysisruns.tidegate.io shop-rev2-2', occurrence: 1 },
        kind: 'delay-watch',
        of: 'analysisruns.tidegate.io',
        ms: 4_000,
        crash: false,
      },
    ],
    mutant: {
      patches: [
        {
          file: `${rollout}/failure.ts`,
          find: "  const background = failed('Background');",
          replace: '  const background = undefined as AnalysisRunView | undefined;',
        },
        {
          file: `${rollout}/analysis.ts`,
          find: "  if (run.status?.phase === 'Successful' && run.spec.terminate !== true) return noMoves;",
          replace: '  if (isFinished(run)) return noMoves;',
        },
      ],
      shows: ['S09', 'user', 'stuck'],
    },
  },
  {
    id: 'R34',
    wrong: 'the analysis of a step that was left ran on, and a retry took the old verdict for its own',
    async play(stage) {
      const steps = [{ setWeight: 40 }, { analysis: check }, { pause: {} }];
      await stage.begin({ version: 'v1', steps });
      await metric(stage, { count: 20 });
      await stage.release({ version: 'v2' });
      await stage.until('the analysis runs', () => open(stage).length > 0);
      await stage.command('promote');
      await stage.untilPaused();
      await stage.soon('the analysis of the step has ended', 10_000, () => open(stage).length === 0);
      await stage.command('abort');
      await stage.untilAborted();
      const before = runs(stage, 'v2').length;
      await stage.command('retry');
      await stage.until('the step is measured anew', () => runs(stage, 'v2').length > before && open(stage).length > 0);
      await stage.command('promote', 'again');
      await stage.untilPaused();
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/analysis.ts`,
          find: '    (run) => !held && !isFinished(run) && run.spec.terminate !== true && !wanted.has(run.metadata.name),',
          replace:
            '    (run) => held && !isFinished(run) && run.spec.terminate !== true && !wanted.has(run.metadata.name),',
        },
      ],
      shows: ['user', 'stuck'],
    },
  },
  {
    id: 'R35',
    wrong: 'analysis runs were created without end once one of them was deleted',
    end: 'healthy',
    async play(stage) {
      await stage.begin({ version: 'v1', steps: [{ setWeight: 40 }, { analysis: check }] });
      const made = new Set<string>();
      stage.always(() => {
        for (const run of stage.world.state.list('AnalysisRun')) made.add(textAt(run, 'metadata.uid'));
        return made.size > 3 ? 'analysis runs are made without end' : undefined;
      });
      await stage.release({ version: 'v2' });
      await stage.until('the analysis runs', () => open(stage).length > 0);
      await stage.remove('AnalysisRun', textAt(open(stage)[0], 'metadata.name'));
      await stage.untilHealthy('v2');
    },
    faults: [
      {
        at: { write: 'create analysisruns.tidegate.io shop-rev2-2-1', occurrence: 1 },
        kind: 'delay-watch',
        of: 'analysisruns.tidegate.io',
        ms: 6_000,
        crash: false,
      },
    ],
    mutant: {
      patches: [
        {
          file: `${rollout}/analysis.ts`,
          find: "  if (run === undefined) return { kind: 'pending', moves: start(scene, place) };",
          replace:
            "  if (run === undefined || !isFinished(run)) return { kind: 'pending', moves: start(scene, place) };",
        },
      ],
      shows: ['user'],
    },
  },
  {
    id: 'R47',
    wrong: 'a revision that arrived in the middle of an analysis was promoted by the verdict on the one before',
    async play(stage) {
      await stage.begin({
        version: 'v1',
        steps: [{ setWeight: 40 }, { analysis: check }, { pause: { duration: '5s' } }],
      });
      await stage.release({ version: 'v2' });
      await stage.untilPaused();
      await stage.release({ version: 'bad-v3' });
      stage.always(() =>
        stage.hash('bad-v3') !== '' && stage.status('stableRS') === stage.hash('bad-v3')
          ? 'a bad revision was promoted'
          : undefined,
      );
      await stage.soon(
        'v3 is aborted',
        90_000,
        () => stage.isAborted() && stage.status('currentPodHash') === stage.hash('bad-v3'),
      );
    },
    mutant: {
      patches: [
        {
          file: `${rollout}/analysis.ts`,
          find: '      labels?.[keys.podTemplateHash] === scene.currentHash &&\n',
          replace: '      labels?.[keys.podTemplateHash] !== undefined &&\n',
        },
      ],
      shows: ['S09', 'user', 'stuck'],
    },
  },
];
