/** The generated definitions on a real API server: accepted, established, and refusing what they must in our words. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { crdManifests } from '../../crds/manifests.ts';
import { argoDialect, tidegateDialect } from '../../crds/schema/dialect.ts';
import type { JsonObject } from '../../crds/schema/json.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { aCanary, aGitSync, aMetric, aRollout, aRoutedCanary, aTemplate } from '../../crds/schema/testing/builders.ts';
import { validateGitSync } from '../../crds/schema/validate-git-sync.ts';
import { type Cluster, clusterMissing, startCluster } from '../bed/cluster.ts';
import { eventually } from '../bed/eventually.ts';

const missing = clusterMissing();
const at = '2026-01-02T03:04:05Z';
const Definition = z.object({
  status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string(), message: z.string() })) }),
});
const Refusal = z.object({ message: z.string() });

describe.skipIf(missing !== undefined)(`CRDs on a real API server${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let cluster: Cluster;

  /** Creates a definition and waits until the server serves it; gives conditions that say something is wrong. */
  async function install(manifest: JsonObject): Promise<string[]> {
    const name = z.object({ metadata: z.object({ name: z.string() }) }).parse(manifest).metadata.name;
    const base = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    const created = await cluster.api.request('POST', base, manifest);
    if (created.status !== 201) return [JSON.stringify(created.body)];
    const conditions = await eventually(`${name} is established`, async () => {
      const found = Definition.parse(await cluster.api.get(`${base}/${name}`)).status.conditions;
      return found.some(({ type, status }) => type === 'Established' && status === 'True') ? found : undefined;
    });
    return conditions.flatMap(({ type, status, message }) => {
      const good = ['NamesAccepted', 'Established'].includes(type) ? 'True' : 'False';
      return status === good ? [] : [`${name} ${type}: ${message}`];
    });
  }

  /** Creates an object as a strict dry run; gives the server's refusal, or '' when it is accepted. */
  async function refusal(plural: string, object: { apiVersion: string; kind: string }): Promise<string> {
    const scope = plural.startsWith('cluster') ? '' : 'namespaces/default/';
    const path = `/apis/${object.apiVersion}/${scope}${plural}?dryRun=All&fieldValidation=Strict`;
    const metadata = { name: 'example' };
    const answer = await eventually(`${plural} are served`, async () => {
      const found = await cluster.api.request('POST', path, { ...object, metadata });
      return found.status === 404 ? undefined : found;
    });
    return answer.status === 201 ? '' : Refusal.parse(answer.body).message;
  }

  beforeAll(async () => {
    cluster = await startCluster({ controllerManager: false });
    const problems: string[] = [];
    for (const manifest of crdManifests(tidegateDialect)) problems.push(...(await install(manifest)));
    expect(problems).toEqual([]);
  }, 90_000);
  afterAll(() => cluster?.stop());

  describe('good objects', () => {
    const own = 'tidegate.io/v1alpha1';
    const gitSync = { name: 'shop', uid: 'u' };
    const revert = {
      ...{
        gitSync,
        repository: 'https://git.example.com/x',
        branch: 'main',
        paths: ['apps'],
        mode: 'push',
        clusterId: 'c',
      },
      ...{ bad: { commit: 'b', release: 'r2' }, good: { commit: 'a', release: 'r1', digest: 'd' } },
      failed: [{ rollout: 'web', templateHash: 'h', cause: 'AnalysisFailed', message: 'm' }],
      ...{ cause: 'AnalysisFailed', verdict: 'v' },
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
      ['gitsyncs', aGitSync({ revert: { mode: 'report', on: { AbortedByUser: 'none' }, maxAge: '24h' } })],
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
        'spec.strategy.canary.steps[0].setWeight: Invalid value: 101: setWeight is a percentage: use 0 to 100',
      ],
      [
        'two actions in a step',
        'rollouts',
        withSteps({ setWeight: 5, pause: {} }),
        'a step: set exactly one of setWeight, pause',
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

  describe('a stored Rollout', () => {
    const base = '/apis/tidegate.io/v1alpha1/namespaces/default/rollouts';
    const status: RolloutStatus = {
      ...{ observedGeneration: 1, phase: 'Degraded', message: 'm', abort: true, abortedAt: at, controllerPause: true },
      pauseConditions: [{ reason: 'CanaryPauseStep', startTime: at }],
      ...{
        currentStepIndex: 1,
        currentPodHash: 'h2',
        stableRS: 'h1',
        selector: 'app=web',
        replicas: 3,
        HPAReplicas: 3,
        readyReplicas: 3,
      },
      conditions: [
        {
          type: 'Progressing',
          status: 'False',
          reason: 'RolloutAborted',
          message: 'm',
          lastUpdateTime: at,
          lastTransitionTime: at,
        },
      ],
      canary: {
        weights: {
          canary: { weight: 20, serviceName: 'c', podTemplateHash: 'h2' },
          stable: { weight: 80 },
          verified: true,
        },
      },
      ...{ attempt: 1, runName: 'web-2-h2', failedPodHash: 'h2', drainUntil: at },
      transition: { id: 't', kind: 'abort', from: '20', to: '0', since: at },
      waiting: { reason: 'Draining', on: 'ReplicaSet/web-h2', value: '1', limit: '0', until: at, moves: 'time passes' },
      verdict: {
        outcome: 'Failed',
        cause: 'AnalysisFailed',
        podHash: 'h2',
        revision: 2,
        at,
        message: 'm',
        metric: 'x',
        keepGit: false,
      },
      lastCommand: { id: '1', verb: 'dance', outcome: 'Rejected', message: 'm', at, actor: 'jane' },
    };

    it('keeps every field of its status, and spec defaults are filled in', async () => {
      const { replicas: _replicas, ...spec } = aRollout().spec;
      await cluster.api.request('POST', base, { ...aRollout(), metadata: { name: 'web' }, spec });
      await cluster.api.request('PATCH', `${base}/web/status`, { status }, 'application/merge-patch+json');

      const found = z
        .looseObject({ spec: z.looseObject({}), status: z.looseObject({}) })
        .parse(await cluster.api.get(`${base}/web`));
      expect(found.status).toEqual(status);
      expect(found.spec['replicas']).toBe(1);
    });

    it('ignores status in a write of the spec', async () => {
      await cluster.api.request(
        'PATCH',
        `${base}/web`,
        { status: { phase: 'Healthy' } },
        'application/merge-patch+json',
      );

      expect(await cluster.api.get(`${base}/web`)).toMatchObject({ status: { phase: 'Degraded' } });
    });

    it('refuses another selector', async () => {
      const patch = { spec: { selector: { matchLabels: { app: 'other' } } } };
      const answer = await cluster.api.request('PATCH', `${base}/web`, patch, 'application/merge-patch+json');

      expect(answer.status).toBe(422);
      expect(Refusal.parse(answer.body).message).toContain(
        'spec.selector cannot be changed: make a new Rollout instead',
      );
    });

    it('is scaled by its scale subresource', async () => {
      await cluster.kubectl(['scale', 'rollout', 'web', '--replicas=5']);

      expect(await cluster.api.get(`${base}/web/scale`)).toMatchObject({
        spec: { replicas: 5 },
        status: { replicas: 3, selector: 'app=web' },
      });
    });

    it('is printed with phase, step and weight', async () => {
      const [header, row] = (await cluster.kubectl(['get', 'ro'])).split('\n');

      expect(header?.split(/\s+/)).toEqual(['NAME', 'PHASE', 'STEP', 'WEIGHT', 'DESIRED', 'READY', 'AGE']);
      expect(row?.split(/\s+/).slice(0, 6)).toEqual(['web', 'Degraded', '1', '20', '5', '3']);
    });

    it('belongs to the category tidegate', async () => {
      expect(await cluster.kubectl(['get', 'tidegate', '-o', 'name'])).toContain('rollout.tidegate.io/web');
    });
  });

  it.each([
    ['rollout.spec.strategy.canary.steps', 'Percent of the traffic (without a router: of the pods)'],
    ['rollout.spec.strategy.canary.steps.pause.duration', 'Without it the rollout waits until somebody promotes it.'],
    ['gitsync.spec.revert.mode', 'push: a revert commit on the branch.'],
    ['analysisrun.status.metricResults', 'Outcome so far.'],
  ])('kubectl explain %s reads well', async (path, sentence) => {
    expect((await cluster.kubectl(['explain', path])).replaceAll(/\s+/g, ' ')).toContain(sentence);
  });

  it('accepts the examples of our own kinds', async () => {
    for (const file of ['rollout', 'success-rate', 'git-sync', 'services']) {
      const text = readFileSync(join(import.meta.dirname, '../../examples/canary', `${file}.yaml`), 'utf8');
      expect(await cluster.kubectl(['apply', '--dry-run=server', '--validate=strict', '-f', '-'], text)).toContain(
        '(server dry run)',
      );
    }
  });

  describe("in Argo's group", () => {
    const argo = { apiVersion: 'argoproj.io/v1alpha1' };

    beforeAll(async () => {
      const problems: string[] = [];
      const manifests = crdManifests(argoDialect).filter((manifest) =>
        JSON.stringify(manifest['metadata']).includes('.argoproj.io'),
      );
      for (const manifest of manifests) problems.push(...(await install(manifest)));
      expect(problems).toEqual([]);
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
