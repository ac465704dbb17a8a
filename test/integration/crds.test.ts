/** The generated definitions on a real API server: accepted, established, and refusing what they must in our words. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { argoDialect, tidegateDialect } from '../../crds/schema/dialect.ts';
import { aCanary, aGitSync, aMetric, aRollout, aRoutedCanary, aTemplate } from '../../crds/schema/testing/builders.ts';
import { validateGitSync } from '../../crds/schema/validate-git-sync.ts';
import { type Cluster, clusterMissing, startCluster } from '../bed/cluster.ts';
import { type BareObject, installCrds, refusalOf } from './install-crds.ts';

const missing = clusterMissing();

function aPreset(strategy: object): BareObject & { readonly spec: object } {
  const spec = { args: [{ name: 'first', default: '20' }], strategy };
  return { apiVersion: 'tidegate.io/v1alpha1', kind: 'StrategyPreset', spec };
}

describe.skipIf(missing !== undefined)(`CRDs on a real API server${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let cluster: Cluster;

  const refusal = (plural: string, object: BareObject) => refusalOf(cluster, plural, object);

  let problems: string[];

  beforeAll(async () => {
    cluster = await startCluster({ controllerManager: false });
    problems = await installCrds(cluster, tidegateDialect);
  }, 90_000);
  afterAll(() => cluster?.stop());

  it('are accepted and established in tidegate.io', () => {
    expect(problems).toEqual([]);
  });

  describe('good objects', () => {
    const own = 'tidegate.io/v1alpha1';
    const gitSync = { name: 'shop', uid: 'u' };
    const revert = {
      gitSync,
      repository: 'https://git.example.com/x',
      branch: 'main',
      paths: ['apps'],
      mode: 'push',
      clusterId: 'c',
      bad: { commit: 'b', release: 'r2' },
      good: { commit: 'a', release: 'r1', digest: 'd' },
      failed: [{ rollout: 'web', templateHash: 'h', cause: 'AnalysisFailed', message: 'm' }],
      cause: 'AnalysisFailed',
      verdict: 'v',
    };
    const pod = { metadata: { labels: { app: 'web' } }, spec: { containers: [] } };

    it.each([
      ['rollouts', aRollout()],
      ['rollouts', aRoutedCanary()],
      [
        'rollouts',
        aRoutedCanary({
          trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'web', namespace: 'default' } } },
        }),
      ],
      ['rollouts', aRollout({ strategy: { blueGreen: { activeService: 'a', previewService: 'b' } } })],
      [
        'rollouts',
        {
          ...aRollout(),
          spec: { workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, strategy: { canary: {} } },
        },
      ],
      ['analysistemplates', aTemplate()],
      ['clusteranalysistemplates', { ...aTemplate(), kind: 'ClusterAnalysisTemplate' }],
      [
        'analysisruns',
        {
          apiVersion: own,
          kind: 'AnalysisRun',
          spec: { metrics: [aMetric({ count: '{{args.n}}' })], args: [{ name: 'n', value: '3' }] },
        },
      ],
      [
        'experiments',
        {
          apiVersion: own,
          kind: 'Experiment',
          spec: { templates: [{ name: 'a', selector: { matchLabels: { app: 'web' } }, template: pod }] },
        },
      ],
      ['gitsyncs', aGitSync({ revert: { mode: 'report', causes: { AbortedByUser: 'none' }, maxAge: '24h' } })],
      [
        'releases',
        {
          apiVersion: own,
          kind: 'Release',
          spec: { gitSync, repository: 'https://git.example.com/x', branch: 'main', commit: 'c', digest: 'd' },
        },
      ],
      ['gitreverts', { apiVersion: own, kind: 'GitRevert', spec: revert }],
      [
        'rolloutruns',
        {
          apiVersion: own,
          kind: 'RolloutRun',
          spec: { rollout: { name: 'web', uid: 'u' }, revision: 1, podHash: 'h', attempt: 1 },
        },
      ],
      [
        'rollouts',
        // Weights are parts of what the router counts in, in both groups.
        aRollout({
          strategy: {
            canary: {
              steps: [{ setWeight: 250 }],
              trafficRouting: { nginx: { stableIngress: 'web' }, maxTrafficWeight: 1000 },
            },
          },
        }),
      ],
      ['rollouts', aRollout({ strategy: { preset: { name: 'careful', args: [{ name: 'first', value: '20' }] } } })],
      [
        'strategypresets',
        aPreset({ canary: { steps: [{ setWeight: '{{args.first}}' }], maxSurge: '{{args.first}}%' } }),
      ],
      [
        'strategypresets',
        // Outside of lists nothing is required: the Rollout may add the rest.
        aPreset({ canary: { trafficRouting: { gatewayAPI: {}, traefik: {}, maxTrafficWeight: '{{args.first}}' } } }),
      ],
      [
        'clusterstrategypresets',
        { ...aPreset({ blueGreen: { autoPromotionSeconds: '{{args.first}}' } }), kind: 'ClusterStrategyPreset' },
      ],
    ])('%s are accepted', async (plural, object) => {
      expect(await refusal(plural, object)).toBe('');
    });
  });

  describe('bad objects', () => {
    const withSpec = (spec: object) => ({ ...aRollout(), spec: { ...aRollout().spec, ...spec } });
    const withSteps = (...steps: object[]) => withSpec({ strategy: { canary: { steps } } });
    const metric = (fields: object) => ({ ...aTemplate(), spec: { metrics: [{ ...aMetric(), ...fields }] } });
    const sync = (spec: object) => ({ ...aGitSync(), spec: { ...aGitSync().spec, ...spec } });

    it.each([
      [
        'a weight of 101',
        'rollouts',
        withSteps({ setWeight: 101 }),
        'setWeight of a step is out of range: use 0 to 100, or to maxTrafficWeight where that is set',
      ],
      [
        'a weight below 0',
        'rollouts',
        withSteps({ setWeight: -1 }),
        'spec.strategy.canary.steps[0].setWeight: Invalid value: -1: setWeight is below 0: use 0 or more',
      ],
      [
        'a weight above maxTrafficWeight',
        'rollouts',
        withSpec({
          strategy: {
            canary: {
              steps: [{ setWeight: 1001 }],
              trafficRouting: { nginx: { stableIngress: 'web' }, maxTrafficWeight: 1000 },
            },
          },
        }),
        'setWeight of a step is out of range',
      ],
      [
        'two actions in a step',
        'rollouts',
        withSteps({ setWeight: 5, pause: {} }),
        'a step: set exactly one of setWeight, pause',
      ],
      [
        'two actions in a step of a preset',
        'strategypresets',
        aPreset({ canary: { steps: [{ setWeight: 5, pause: {} }] } }),
        'a step: set exactly one of setWeight, pause',
      ],
      [
        'a preset without a strategy',
        'strategypresets',
        aPreset({}),
        'spec.strategy: set exactly one of canary, blueGreen',
      ],
      [
        'a Service in a preset',
        'strategypresets',
        aPreset({ canary: { canaryService: 'web' } }),
        'unknown field "spec.strategy.canary.canaryService"',
      ],
      [
        'a word in a preset that is neither known nor an argument',
        'strategypresets',
        aPreset({ canary: { replicaProgressThreshold: { type: 'Pod', value: 1 } } }),
        'spec.strategy.canary.replicaProgressThreshold.type in body should match',
      ],
      [
        'an argument given twice',
        'rollouts',
        withSpec({ strategy: { preset: { name: 'p', args: ['1', '2'].map((value) => ({ name: 'first', value })) } } }),
        'spec.strategy.preset.args[1]: Duplicate value',
      ],
      ['an empty step', 'rollouts', withSteps({}), 'a step: set exactly one of setWeight, pause'],
      ['no strategy', 'rollouts', withSpec({ strategy: {} }), 'spec.strategy: set exactly one of canary, blueGreen'],
      [
        'both strategies',
        'rollouts',
        withSpec({ strategy: { canary: {}, blueGreen: { activeService: 'a' } } }),
        'spec.strategy: set exactly one of canary, blueGreen',
      ],
      ['steps without a strategy', 'rollouts', withSpec({ steps: [{ setWeight: 1 }] }), 'unknown field "spec.steps"'],
      [
        'an unknown field of a step',
        'rollouts',
        withSteps({ setWieght: 5 }),
        'unknown field "spec.strategy.canary.steps[0].setWieght"',
      ],
      ['a weight that is text', 'rollouts', withSteps({ setWeight: '5' }), 'setWeight in body must be of type integer'],
      [
        'one Service for both sides',
        'rollouts',
        aCanary({ canaryService: 'a', stableService: 'a' }),
        'canaryService and stableService are the same Service',
      ],
      [
        'a router without Services',
        'rollouts',
        aCanary({ trafficRouting: { gatewayAPI: { httpRoutes: [{ name: 'web' }] } } }),
        'trafficRouting.gatewayAPI needs canaryService and stableService',
      ],
      [
        'a canary scale without a router',
        'rollouts',
        withSteps({ setCanaryScale: { replicas: 1 } }),
        'setCanaryScale needs trafficRouting',
      ],
      ['no template', 'rollouts', withSpec({ template: undefined }), 'spec.selector and spec.template are required'],
      ['no provider', 'analysistemplates', metric({ provider: {} }), 'provider: set exactly one of prometheus, web'],
      [
        'two providers',
        'analysistemplates',
        metric({ provider: { prometheus: {}, plugin: { x: {} } } }),
        'provider: set exactly one of prometheus, web',
      ],
      [
        'a metric twice',
        'analysistemplates',
        { ...aTemplate(), spec: { metrics: [aMetric(), aMetric()] } },
        'Duplicate value',
      ],
      ['no revert mode', 'gitsyncs', sync({ revert: {} }), 'spec.revert.mode: Required value'],
      [
        'another revert mode',
        'gitsyncs',
        sync({ revert: { mode: 'force' } }),
        'supported values: "push", "pullRequest", "report"',
      ],
      ['no account', 'gitsyncs', sync({ serviceAccountName: undefined }), 'spec.serviceAccountName: Required value'],
      [
        'two keys to write',
        'gitsyncs',
        sync({ revert: { mode: 'push', writeCredentials: { secretName: 'a', key: 'b' } } }),
        'spec.revert.writeCredentials: set exactly one of secretName, key',
      ],
      [
        'a password in the URL',
        'gitsyncs',
        sync({ repository: 'https://a:b@git.example.com/x' }),
        'repository has a password in its URL',
      ],
    ])('%s is refused', async (_name, plural, object, sentence) => {
      expect(await refusal(plural, object)).toContain(sentence);
    });

    it.each([
      ...['.', 'apps/shop', '..a', '../x', '/x', 'a/../b', '.git/hooks', 'a\\b'].map((path) => ({ path })),
      ...['main', 'release/1.2', 'a..b', '-x', 'a b', 'a~1', 'x.lock', 'a@{1}', 'a[1', 'a\\b'].map((branch) => ({
        branch,
      })),
      ...['1s', '1h30m', '1.5m', '0s', '500ms', '60', 'soon', '-1s'].map((interval) => ({ interval })),
      ...['https://a/b', 'ssh://git@a/b', 'git@a:b', 'ftp://a/b', 'https://a:b@c/d'].map((repository) => ({
        repository,
      })),
    ])('a GitSync with %o is judged alike by schema and by validateGitSync', async (spec) => {
      const ours = validateGitSync(aGitSync(spec), { fileRepositories: true });

      expect((await refusal('gitsyncs', sync(spec))) === '').toBe(ours.length === 0);
    });
  });

  describe("in Argo's group", () => {
    const argo = { apiVersion: 'argoproj.io/v1alpha1' };

    it('all five are accepted and established beside ours', async () => {
      expect(await installCrds(cluster, argoDialect)).toEqual([]);
    });

    it.each([
      [
        'a mix of actions that Argo accepts',
        { ...aRoutedCanary({ steps: [{ setWeight: 10, setCanaryScale: { weight: 5, replicas: 1 } }] }), ...argo },
      ],
      [
        'a weight up to maxTrafficWeight',
        {
          ...aRoutedCanary({
            trafficRouting: { maxTrafficWeight: 1000, nginx: { stableIngress: 'web' } },
            steps: [{ setWeight: 900 }],
          }),
          ...argo,
        },
      ],
      ['a status with text as generation', { ...aRollout(), ...argo, status: { observedGeneration: '3' } }],
    ])('%s is accepted', async (_name, object) => {
      expect(await refusal('rollouts', object)).toBe('');
    });

    it('a weight above the maximum is refused', async () => {
      expect(await refusal('rollouts', { ...aCanary({ steps: [{ setWeight: 101 }] }), ...argo })).toContain(
        'setWeight of a step is out of range',
      );
    });

    it('an AnalysisRun has no status subresource, as with Argo', async () => {
      const run = {
        ...argo,
        kind: 'AnalysisRun',
        metadata: { name: 'run' },
        spec: { metrics: [aMetric()] },
        status: { phase: 'Running' },
      };
      const base = '/apis/argoproj.io/v1alpha1/namespaces/default/analysisruns';
      await cluster.api.request('POST', base, run);

      expect(await cluster.api.get(`${base}/run`)).toMatchObject({ status: { phase: 'Running' } });
      expect((await cluster.api.request('GET', `${base}/run/status`)).status).toBe(404);
    });
  });
});
