/** Smaller answers that clients meet: names that are made up, options that cannot be read, objects that are gone. */

import type { Json } from '../../../crds/schema/json.ts';
import { apply, configMap, core, force, get, type Group, jsonPatch, own, post, remove, rollout } from '../case.ts';

const maps = core('configmaps');
const a = core('configmaps/a');
const unnamed = (metadata: { readonly generateName: string }) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
const namespaceOf = (metadata: { readonly generateName: string }) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata,
});

/** The five letters that each server makes up for itself, where a Status tells the name. */
function withoutLetters(body: Json): Json {
  return JSON.parse(JSON.stringify(body).replaceAll(/(Bad_|a\.b-|"-)[a-z0-9]{5}(?=\W)/g, '$1<letters>')) as Json;
}

export const refusals: Group = {
  name: 'refusals',
  cases: [
    {
      id: 'generated-namespace',
      shows: 'A namespace that gets its name from the server has it as label too.',
      steps: [
        post('/api/v1/namespaces', namespaceOf({ generateName: 'made-' })),
        post('/api/v1/namespaces', namespaceOf({ generateName: 'made-' }), { query: { dryRun: 'All' } }),
      ],
    },
    {
      id: 'generated-bad',
      shows: 'A generateName that cannot start a name is told beside the name made from it.',
      steps: [
        post(maps, unnamed({ generateName: 'Bad_' }), { view: withoutLetters }),
        post('/api/v1/namespaces', namespaceOf({ generateName: 'a.b-' }), { view: withoutLetters }),
        post('/api/v1/namespaces', namespaceOf({ generateName: '-' }), { view: withoutLetters }),
        post(core('services'), {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { generateName: '1web-' },
          spec: { ports: [{ port: 80 }] },
        }),
        post(own('rollouts'), { ...rollout('r'), metadata: { generateName: 'Bad_' } }, { view: withoutLetters }),
        post(maps, configMap('a', {}, { generateName: 'Bad_' })),
      ],
    },
    {
      id: 'apply-other-name',
      shows: 'Apply with another name in the body than in the path, for objects that are there and not there.',
      steps: [
        apply(a, configMap('b'), 'm'),
        post(maps, configMap('a')),
        apply(a, configMap('b'), 'm'),
        apply(own('rollouts/a'), rollout('b'), 'm'),
        post(own('rollouts'), rollout('a')),
        apply(own('rollouts/a'), rollout('b'), 'm'),
        apply(own('rollouts/a'), rollout('b'), 'm', force),
        apply(a, configMap('b', {}, { namespace: 'default' }), 'm'),
      ],
    },
    {
      id: 'delete-options-gone',
      shows: 'Delete options are read before the object is looked for.',
      steps: [
        remove(a, undefined, { query: { dryRun: 'No' } }),
        remove(a, { dryRun: ['No'] }),
        remove(a, undefined, { query: { propagationPolicy: 'No' } }),
        remove(maps, { dryRun: ['No'] }),
      ],
    },
    {
      id: 'delete-options-body',
      shows: 'A deletion on trial can be asked for in the body too; with a body the query does not count.',
      steps: [
        post(maps, configMap('a')),
        remove(a, { dryRun: ['All'] }),
        get(a),
        remove(a, { propagationPolicy: 'Background' }, { query: { dryRun: 'All' } }),
        get(a),
      ],
    },
    {
      id: 'timeout-unreadable',
      shows: 'A timeoutSeconds that is no number.',
      steps: [
        get(maps, { query: { timeoutSeconds: 'x' } }),
        get(maps, { query: { timeoutSeconds: 'x', watch: 'true' } }),
        get(own('rollouts'), { query: { timeoutSeconds: 'x' } }),
        get(maps, { query: { limit: 'x' } }),
        get(maps, { query: { timeoutSeconds: '-1' } }),
      ],
    },
    {
      id: 'json-patch-copy-missing',
      shows: 'JSON Patch copies from a path that is not there.',
      steps: [
        post(maps, configMap('a', { x: '1' })),
        jsonPatch(a, [{ op: 'copy', from: '/data/none', path: '/data/y' }]),
        jsonPatch(a, [{ op: 'copy', from: '/metadata/none', path: '/data/y' }]),
        jsonPatch(a, [{ op: 'copy', from: '/none/such', path: '/data/y' }]),
        post(own('rollouts'), rollout('r')),
        jsonPatch(own('rollouts/r'), [{ op: 'copy', from: '/spec/replicas1', path: '/metadata/annotations' }]),
        jsonPatch(a, [{ op: 'move', from: '/data/none', path: '/data/y' }]),
      ],
    },
    {
      id: 'token-missing-account',
      shows: 'A token for an account that is not there.',
      steps: [
        post(core('serviceaccounts/none/token'), {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          spec: {},
        }),
        post(core('serviceaccounts/none/token'), {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          spec: { expirationSeconds: 10 },
        }),
        post(core('serviceaccounts/none/token'), {}),
        post('/api/v1/namespaces/none-such/serviceaccounts/none/token', {}),
        post(core('serviceaccounts/none/token'), []),
        post(core('serviceaccounts/none/token'), { spec: { expirationSeconds: 'x' } }),
        post(core('serviceaccounts/none/token'), { metadata: { name: 'other' } }),
      ],
    },
    {
      id: 'watch-match-exact',
      shows: 'A watch cannot ask for an exact version.',
      steps: [
        get(maps, { query: { watch: 'true', resourceVersion: '1', resourceVersionMatch: 'Exact' } }),
        get(maps, { query: { watch: 'true', resourceVersionMatch: 'Exact' } }),
        get(maps, { query: { watch: 'true', resourceVersion: '1', resourceVersionMatch: 'NotOlderThan' } }),
        get(maps, { query: { watch: 'true', resourceVersionMatch: 'Odd' } }),
        get(maps, { query: { watch: 'true', sendInitialEvents: 'true', resourceVersionMatch: 'Exact' } }),
      ],
    },
  ],
};
