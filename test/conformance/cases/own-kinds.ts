/** Schema, defaults, pruning and CEL rules of our definitions. */

import type { Json, JsonObject } from '../../../crds/schema/json.ts';
import { type Group, merge, own, post, put, rollout } from '../case.ts';

const strict = { query: { fieldValidation: 'Strict', dryRun: 'All' } } as const;
const rollouts = own('rollouts');
const canary = (fields: JsonObject): JsonObject => rollout('r', { strategy: { canary: fields } });
const steps = (...items: readonly Json[]): JsonObject => canary({ steps: items });
const gitSync = (spec: JsonObject = {}): JsonObject => ({
  apiVersion: 'tidegate.io/v1alpha1',
  kind: 'GitSync',
  metadata: { name: 'g' },
  spec: {
    repository: 'https://git.example.com/shop',
    branch: 'main',
    path: 'apps',
    serviceAccountName: 'deployer',
    revert: { mode: 'push' },
    ...spec,
  },
});
const template = (provider: JsonObject, more: JsonObject = {}): JsonObject => ({
  apiVersion: 'tidegate.io/v1alpha1',
  kind: 'AnalysisTemplate',
  metadata: { name: 't' },
  spec: { metrics: [{ name: 'errors', interval: '10s', provider, ...more }] },
});
const prometheus = { prometheus: { address: 'http://prometheus:9090', query: 'up' } };

export const ownKinds: Group = {
  name: 'own-kinds',
  cases: [
    {
      id: 'own-wrong-type',
      shows: 'A wrong type in a field of ours; several are named.',
      steps: [
        post(rollouts, rollout('r', { replicas: 'three' }), strict),
        post(rollouts, rollout('r', { replicas: 'three', paused: 'no', minReadySeconds: 1.5 }), strict),
        post(rollouts, rollout('r', { strategy: 'canary' }), strict),
      ],
    },
    {
      id: 'own-null',
      shows: 'null for a field that has a default, for one that has none, for an object.',
      steps: [post(rollouts, rollout('r', { replicas: null, minReadySeconds: null, template: null }))],
    },
    {
      id: 'own-required',
      shows: 'Required fields that are missing.',
      steps: [
        post(rollouts, { ...rollout('r'), spec: {} }, strict),
        post(rollouts, { apiVersion: 'tidegate.io/v1alpha1', kind: 'Rollout', metadata: { name: 'r' } }, strict),
        post(own('gitsyncs'), { ...gitSync(), spec: { repository: 'https://git.example.com/x' } }, strict),
      ],
    },
    {
      id: 'own-enum',
      shows: 'A value outside of an enumeration.',
      steps: [
        post(own('gitsyncs'), gitSync({ revert: { mode: 'force' } }), strict),
        post(own('gitsyncs'), gitSync({ sync: 'sometimes', deletionPolicy: 'x' }), strict),
      ],
    },
    {
      id: 'own-bounds',
      shows: 'Numbers and texts outside of their bounds.',
      steps: [
        post(rollouts, rollout('r', { replicas: -1, revisionHistoryLimit: -2 }), strict),
        post(own('gitsyncs'), gitSync({ branch: '', path: 'a'.repeat(513) }), strict),
        post(own('gitsyncs'), gitSync({ alsoPaths: Array.from({ length: 33 }, (_, index) => `p${index}`) }), strict),
      ],
    },
    {
      id: 'own-int32',
      shows: 'A number too large for its format.',
      steps: [
        post(rollouts, rollout('r', { replicas: 3_000_000_000 }), strict),
        post(rollouts, rollout('r', { replicas: 3.0 }), strict),
      ],
    },
    {
      id: 'own-date',
      shows: 'A time that is none.',
      steps: [
        post(rollouts, rollout('r', { restartAt: 'yesterday' }), strict),
        post(rollouts, rollout('r', { restartAt: '2026-01-01T00:00:00Z' }), strict),
      ],
    },
    {
      id: 'own-int-or-string',
      shows: 'A number or a text, nothing else.',
      steps: [
        post(rollouts, canary({ maxSurge: '25%', maxUnavailable: 0 }), strict),
        post(rollouts, canary({ maxSurge: true }), strict),
      ],
    },
    {
      id: 'own-map-key-twice',
      shows: 'The same key twice in a list with keys.',
      steps: [
        post(
          own('analysistemplates'),
          { ...template(prometheus), spec: { metrics: [1, 2].map(() => ({ name: 'errors', provider: prometheus })) } },
          strict,
        ),
      ],
    },
    {
      id: 'own-defaults',
      shows: 'Defaults are filled in, also inside of lists and objects that are given.',
      steps: [post(own('gitsyncs'), gitSync()), post(own('analysistemplates'), template(prometheus))],
    },
    {
      id: 'own-pruning',
      shows: 'Unknown fields vanish, except inside of a pod template.',
      steps: [
        post(
          rollouts,
          rollout('r', {
            nonsense: { deep: 1 },
            template: {
              metadata: { labels: { app: 'r' }, sprinkles: 1 },
              spec: { containers: [{ name: 'w', image: 'i', future: { a: [1, 2] } }], futureField: true },
            },
          }),
        ),
      ],
    },
    {
      id: 'own-metadata',
      shows: 'Labels of a custom resource that are none.',
      steps: [
        post(rollouts, rollout('r', {}, { labels: { a: '-' }, annotations: { 'b ': '' } }), strict),
        post(rollouts, rollout('r', {}, { labels: { a: 1 } }), strict),
      ],
    },
    {
      id: 'cel-weight',
      shows: 'A weight of 101 and one of -1.',
      steps: [
        post(rollouts, steps({ setWeight: 101 }), strict),
        post(rollouts, steps({ setWeight: 20 }, { setWeight: -1 }), strict),
      ],
    },
    {
      id: 'cel-step',
      shows: 'A step with two actions, with none.',
      steps: [post(rollouts, steps({ setWeight: 5, pause: {} }), strict), post(rollouts, steps({}), strict)],
    },
    {
      id: 'cel-strategy',
      shows: 'No strategy, both strategies.',
      steps: [
        post(rollouts, rollout('r', { strategy: {} }), strict),
        post(rollouts, rollout('r', { strategy: { canary: {}, blueGreen: { activeService: 'a' } } }), strict),
      ],
    },
    {
      id: 'cel-services',
      shows: 'One Service for both sides; a router without Services.',
      steps: [
        post(rollouts, canary({ canaryService: 'a', stableService: 'a' }), strict),
        post(rollouts, canary({ trafficRouting: { gatewayAPI: { httpRoutes: [{ name: 'web' }] } } }), strict),
        post(rollouts, rollout('r', { strategy: { blueGreen: { activeService: 'a', previewService: 'a' } } }), strict),
      ],
    },
    {
      id: 'cel-several',
      shows: 'Several rules broken at once are named together.',
      steps: [
        post(
          rollouts,
          rollout('r', {
            template: undefined,
            strategy: { canary: { canaryService: 'a', stableService: 'a', steps: [{ setWeight: 101 }, {}] } },
          }),
          strict,
        ),
      ],
    },
    {
      id: 'cel-template',
      shows: 'Selector and template are required without a workloadRef.',
      steps: [
        post(rollouts, { ...rollout('r'), spec: { strategy: { canary: {} } } }, strict),
        post(
          rollouts,
          {
            ...rollout('r'),
            spec: { strategy: { canary: {} }, workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } },
          },
          strict,
        ),
      ],
    },
    {
      id: 'cel-name',
      shows: 'A name that is too long for our rule.',
      steps: [post(rollouts, rollout('a'.repeat(64)), strict)],
    },
    {
      id: 'cel-transition',
      shows: 'The selector cannot be changed, the rest can.',
      steps: [
        post(rollouts, rollout('r'), { as: 'create' }),
        merge(own('rollouts/r'), { spec: { selector: { matchLabels: { app: 'other' } } } }),
        merge(own('rollouts/r'), { spec: { paused: true } }),
        put(own('rollouts/r'), {
          ...rollout('r', { selector: { matchLabels: { app: 'x' } } }),
          metadata: { name: 'r', resourceVersion: '<create.metadata.resourceVersion>' },
        }),
      ],
    },
    {
      id: 'cel-scale-step',
      shows: 'setCanaryScale with two fields, and without a router.',
      steps: [
        post(rollouts, steps({ setCanaryScale: { replicas: 1, weight: 2 } }), strict),
        post(rollouts, steps({ setCanaryScale: { replicas: 1 } }), strict),
      ],
    },
    {
      id: 'cel-provider',
      shows: 'No provider, two providers.',
      steps: [
        post(own('analysistemplates'), template({}), strict),
        post(own('analysistemplates'), template({ ...prometheus, plugin: { x: {} } }), strict),
      ],
    },
    {
      id: 'cel-git',
      shows: 'Repository, branch and path that are refused, with our sentences.',
      steps: [
        post(own('gitsyncs'), gitSync({ repository: 'ftp://a/b' }), strict),
        post(own('gitsyncs'), gitSync({ repository: 'https://a:b@c/d' }), strict),
        post(own('gitsyncs'), gitSync({ branch: 'a..b' }), strict),
        post(own('gitsyncs'), gitSync({ branch: 'a[1' }), strict),
        post(own('gitsyncs'), gitSync({ path: '../x' }), strict),
        post(own('gitsyncs'), gitSync({ path: 'a\\b' }), strict),
        post(own('gitsyncs'), gitSync({ alsoPaths: ['ok', '/x'] }), strict),
      ],
    },
    {
      id: 'cel-duration',
      shows: 'Durations that are none or too short.',
      steps: [
        post(own('gitsyncs'), gitSync({ interval: 'soon' }), strict),
        post(own('gitsyncs'), gitSync({ interval: '500ms' }), strict),
        post(own('gitsyncs'), gitSync({ interval: '1h30m', bake: '0s' }), strict),
        post(own('gitsyncs'), gitSync({ revert: { mode: 'push', maxAge: '0s' } }), strict),
      ],
    },
    {
      id: 'cel-credentials',
      shows: 'Two credentials for the push.',
      steps: [
        post(
          own('gitsyncs'),
          gitSync({ revert: { mode: 'push', writeCredentials: { secretName: 'a', key: 'b' } } }),
          strict,
        ),
      ],
    },
    {
      id: 'cel-after-schema',
      shows: 'Rules are not tried on what the schema refuses.',
      steps: [
        post(rollouts, rollout('r', { replicas: -1, strategy: { canary: { steps: [{ setWeight: 101 }] } } }), strict),
      ],
    },
    {
      id: 'ratcheting',
      shows: 'An unchanged value that a later schema refuses does not block other changes.',
      steps: [post(rollouts, rollout('r')), merge(own('rollouts/r'), { metadata: { labels: { a: 'b' } } })],
    },
  ],
};
