/** Validation that is strict, warns or ignores, and dry runs. */

import type { Json, JsonObject } from '../../../crds/schema/json.ts';
import { configMap, core, get, type Group, merge, own, pod, post, put, rollout, service } from '../case.ts';

const strict = { query: { fieldValidation: 'Strict', dryRun: 'All' } } as const;
const warn = { query: { fieldValidation: 'Warn', dryRun: 'All' } } as const;
const ignoring = { query: { fieldValidation: 'Ignore', dryRun: 'All' } } as const;
const rollouts = own('rollouts');
const canary = (fields: JsonObject): JsonObject => rollout('r', { strategy: { canary: fields } });
const steps = (...items: readonly Json[]): JsonObject => canary({ steps: items });

export const strictness: Group = {
  name: 'strict',
  cases: [
    {
      id: 'strict-unknown',
      shows: 'Strict validation names an unknown field of a built-in kind and of ours.',
      steps: [
        post(core('configmaps'), { ...configMap('a'), dota: {} }, strict),
        post(rollouts, rollout('r', { replcas: 1 }), strict),
        post(rollouts, steps({ setWieght: 5 }), strict),
      ],
    },
    {
      id: 'strict-unknown-many',
      shows: 'All unknown fields are named.',
      steps: [
        post(
          core('pods'),
          pod('p', { one: 1, containers: [{ name: 'web', image: 'i', imagePolicy: 'x' }], two: 2 }),
          strict,
        ),
        post(rollouts, rollout('r', { zeta: 1, alpha: 2, strategy: { canary: { other: true } } }), strict),
      ],
    },
    {
      id: 'strict-unknown-metadata',
      shows: 'Unknown fields of metadata and of the top.',
      steps: [
        post(core('configmaps'), configMap('a', {}, { colour: 'red' }), strict),
        post(rollouts, { ...rollout('r', {}), extra: 1 }, strict),
        post(rollouts, rollout('r', {}, { colour: 'red' }), strict),
      ],
    },
    {
      id: 'strict-default',
      shows: 'Without fieldValidation unknown fields are dropped.',
      steps: [post(rollouts, rollout('r', { replcas: 1 })), post(core('configmaps'), { ...configMap('a'), dota: {} })],
    },
    {
      id: 'warn-unknown',
      shows: 'Warn and Ignore accept what Strict refuses.',
      steps: [
        post(rollouts, rollout('r', { replcas: 1 }), warn),
        post(rollouts, rollout('r', { replcas: 1 }), ignoring),
      ],
    },
    {
      id: 'strict-bad-value',
      shows: 'fieldValidation and dryRun have few values.',
      steps: [
        post(core('configmaps'), configMap('a'), { query: { fieldValidation: 'Hard' } }),
        post(core('configmaps'), configMap('a'), { query: { dryRun: 'Some' } }),
        post(rollouts, rollout('r'), { query: { dryRun: 'Some' } }),
      ],
    },
    {
      id: 'strict-duplicate',
      shows: 'A field twice in the text: refused when strict, else the last wins.',
      needs: 'http',
      steps: [
        {
          method: 'POST',
          path: core('configmaps'),
          query: { fieldValidation: 'Strict' },
          contentType: 'application/json',
          text: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","name":"b"},"data":{"x":"1","x":"2"}}',
        },
        {
          method: 'POST',
          path: core('configmaps'),
          contentType: 'application/json',
          text: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"1","x":"2"}}',
        },
        {
          method: 'POST',
          path: rollouts,
          query: { fieldValidation: 'Strict' },
          contentType: 'application/json',
          text: '{"apiVersion":"tidegate.io/v1alpha1","kind":"Rollout","metadata":{"name":"a"},"spec":{"replicas":1,"replicas":2,"strategy":{"canary":{}}}}',
        },
      ],
    },
    {
      id: 'strict-yaml',
      shows: 'A YAML body of a create, with an unknown field and a field twice.',
      needs: 'http',
      steps: [
        {
          method: 'POST',
          path: core('configmaps'),
          query: { fieldValidation: 'Strict' },
          contentType: 'application/yaml',
          text: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: "1"\n  x: "2"\ndota: {}\n',
        },
        {
          method: 'POST',
          path: core('configmaps'),
          contentType: 'application/yaml',
          text: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: "1"\n',
        },
        {
          method: 'POST',
          path: core('configmaps'),
          contentType: 'application/yaml',
          text: 'apiVersion: v1\n kind: [\n',
        },
      ],
    },
    {
      id: 'strict-update',
      shows: 'Strict validation of an update.',
      steps: [
        post(core('configmaps'), configMap('a')),
        put(core('configmaps/a'), { ...configMap('a'), dota: {} }, strict),
        post(rollouts, rollout('r'), { as: 'create' }),
        put(
          own('rollouts/r'),
          rollout('r', { replcas: 2 }, { resourceVersion: '<create.metadata.resourceVersion>' }),
          strict,
        ),
      ],
    },
    {
      id: 'strict-patch-own',
      shows: 'Strict validation of a merge patch of ours.',
      steps: [
        post(rollouts, rollout('r')),
        merge(
          own('rollouts/r'),
          { spec: { strategy: { canary: { stepz: [] } } } },
          { query: { fieldValidation: 'Strict' } },
        ),
      ],
    },
    {
      id: 'dry-run-create',
      shows: 'A dry-run create answers the whole object and stores nothing.',
      steps: [
        post(core('configmaps'), configMap('a', { x: '1' }), { query: { dryRun: 'All' } }),
        get(core('configmaps/a')),
        post(core('services'), service('s'), { query: { dryRun: 'All' } }),
        get(core('services/s')),
      ],
    },
    {
      id: 'dry-run-update',
      shows: 'A dry-run update stores nothing.',
      steps: [
        post(core('configmaps'), configMap('a', { x: '1' })),
        put(core('configmaps/a'), configMap('a', { x: '2' }), { query: { dryRun: 'All' } }),
        get(core('configmaps/a')),
      ],
    },
    {
      id: 'dry-run-patch',
      shows: 'A dry-run patch stores nothing, the generation it shows is the one that would be.',
      steps: [
        post(rollouts, rollout('r')),
        merge(own('rollouts/r'), { spec: { replicas: 3 } }, { query: { dryRun: 'All' } }),
        get(own('rollouts/r')),
      ],
    },
    {
      id: 'dry-run-exists',
      shows: 'A dry-run create of what is there says so.',
      steps: [
        post(core('configmaps'), configMap('a')),
        post(core('configmaps'), configMap('a'), { query: { dryRun: 'All' } }),
      ],
    },
    {
      id: 'dry-run-name',
      shows: 'A dry run with generateName makes a name.',
      steps: [
        post(
          core('configmaps'),
          { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'web-' } },
          { query: { dryRun: 'All' } },
        ),
      ],
    },
  ],
};
