/** Lists: order, selectors, paging, versions, metadata only, and the errors of each. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import { configMap, core, get, type Group, merge, own, pod, post, remove, rollout } from '../case.ts';

const maps = core('configmaps');
const make = (name: string, labels: JsonObject = {}) => post(maps, configMap(name, {}, { labels }));
const three = [
  make('c', { tier: 'web', env: 'prod' }),
  make('a', { tier: 'web' }),
  make('b', { tier: 'db', env: 'test' }),
];
const selected = (labelSelector: string) => get(maps, { query: { labelSelector } });
const fields = (path: string, fieldSelector: string) => get(path, { query: { fieldSelector } });

export const lists: Group = {
  name: 'list',
  cases: [
    { id: 'list-order', shows: 'A list is sorted by name and has no kind in its items.', steps: [...three, get(maps)] },
    {
      id: 'list-own',
      shows: 'A list of custom resources has kinds in its items.',
      steps: [post(own('rollouts'), rollout('b')), post(own('rollouts'), rollout('a')), get(own('rollouts'))],
    },
    {
      id: 'list-empty',
      shows: 'An empty list, built-in and ours, also of a namespace that is not there.',
      steps: [get(maps), get(own('rollouts')), get('/api/v1/namespaces/none-such/pods')],
    },
    {
      id: 'list-all-namespaces',
      shows: 'A list over all namespaces.',
      steps: [
        make('a', { only: 'list-all' }),
        post('/api/v1/namespaces/default/configmaps', configMap('z', {}, { labels: { only: 'list-all' } })),
        get('/api/v1/configmaps', { query: { labelSelector: 'only=list-all' } }),
      ],
    },
    {
      id: 'list-cluster',
      shows: 'A list of cluster-scoped objects.',
      steps: [get('/apis/tidegate.io/v1alpha1/clusteranalysistemplates')],
    },
    {
      id: 'select-equal',
      shows: 'Equality: =, ==, != (also true for those without the label).',
      steps: [...three, selected('tier=web'), selected('tier==db'), selected('env!=prod')],
    },
    {
      id: 'select-set',
      shows: 'Sets: in, notin, exists, absent.',
      steps: [
        ...three,
        selected('tier in (web, db),env'),
        selected('env notin (prod)'),
        selected('!env'),
        selected('env in ()'),
      ],
    },
    {
      id: 'select-several',
      shows: 'All parts must hold; blanks do not matter.',
      steps: [...three, selected('tier=web,env=prod'), selected(' tier = web , env != prod '), selected('')],
    },
    {
      id: 'select-numbers',
      shows: 'Greater and less compare numbers.',
      steps: [make('a', { n: '1' }), make('b', { n: '5' }), selected('n>3'), selected('n<3'), selected('n>x')],
    },
    {
      id: 'select-bad',
      shows: 'Label selectors that are none.',
      steps: [
        selected('tier=='),
        selected('a b'),
        selected('tier in web'),
        selected('=x'),
        selected('tier=not a value'),
      ],
    },
    {
      id: 'select-field',
      shows: 'Fields metadata.name and metadata.namespace.',
      steps: [
        ...three,
        fields(maps, 'metadata.name=a'),
        fields(maps, 'metadata.name!=a'),
        fields(maps, 'metadata.namespace=default'),
        fields(maps, 'metadata.name=a,metadata.namespace=<ns>'),
      ],
    },
    {
      id: 'select-field-bad',
      shows: 'Other fields are refused.',
      steps: [
        fields(maps, 'data.x=1'),
        fields(own('rollouts'), 'spec.replicas=1'),
        fields(maps, 'metadata.name'),
        fields(core('pods'), 'spec.colour=red'),
      ],
    },
    {
      id: 'select-field-own',
      shows: 'Fields of custom resources.',
      steps: [
        post(own('rollouts'), rollout('a')),
        post(own('rollouts'), rollout('b')),
        fields(own('rollouts'), 'metadata.name=b'),
      ],
    },
    {
      id: 'select-field-pods',
      shows: 'Pods by phase and node.',
      steps: [
        post(core('pods'), pod('a')),
        post(core('pods'), pod('b', { nodeName: 'node-1' })),
        fields(core('pods'), 'spec.nodeName=node-1'),
        fields(core('pods'), 'spec.nodeName='),
        fields(core('pods'), 'status.phase=Pending'),
        fields(core('pods'), 'status.phase!=Pending'),
      ],
    },
    {
      id: 'page',
      shows: 'Pages of two; the rest is counted; the last has no token.',
      steps: [
        ...['a', 'b', 'c', 'd', 'e'].map((name) => make(name)),
        get(maps, { as: 'one', query: { limit: '2' } }),
        get(maps, { as: 'two', query: { limit: '2', continue: '<one.metadata.continue>' } }),
        get(maps, { query: { limit: '2', continue: '<two.metadata.continue>' } }),
      ],
    },
    {
      id: 'page-own',
      shows: 'Pages of custom resources.',
      steps: [
        ...['a', 'b', 'c'].map((name) => post(own('rollouts'), rollout(name))),
        get(own('rollouts'), { as: 'one', query: { limit: '2' } }),
        get(own('rollouts'), { query: { limit: '2', continue: '<one.metadata.continue>' } }),
      ],
    },
    {
      id: 'page-snapshot',
      shows: 'Later pages are of the time of the first.',
      steps: [
        ...['a', 'b', 'c'].map((name) => make(name)),
        get(maps, { as: 'one', query: { limit: '1' } }),
        make('bb'),
        remove(core('configmaps/c')),
        get(maps, { query: { limit: '5', continue: '<one.metadata.continue>' } }),
      ],
    },
    {
      id: 'page-exact',
      shows: 'A limit of exactly what is there needs no token.',
      steps: [make('a'), make('b'), get(maps, { query: { limit: '2' } })],
    },
    {
      id: 'page-selector',
      shows: 'With a selector the rest is not counted.',
      steps: [...three, get(maps, { query: { limit: '1', labelSelector: 'tier=web' } })],
    },
    {
      id: 'page-bad',
      shows: 'Tokens and limits that are none.',
      steps: [
        get(maps, { query: { limit: '1', continue: 'nonsense' } }),
        get(maps, { query: { limit: 'many' } }),
        get(maps, { query: { limit: '-1' } }),
      ],
    },
    {
      id: 'page-with-version',
      shows: 'A token and a resourceVersion exclude each other.',
      steps: [
        make('a'),
        make('b'),
        get(maps, { as: 'one', query: { limit: '1' } }),
        get(maps, { query: { limit: '1', continue: '<one.metadata.continue>', resourceVersion: '5' } }),
      ],
    },
    {
      id: 'page-410',
      shows: 'A token of a version that is compacted is 410 and offers another.',
      steps: [
        make('a'),
        make('b'),
        get(maps, { as: 'one', query: { limit: '1' } }),
        merge(core('configmaps/a'), { data: { x: '1' } }),
        get(maps, {
          query: { limit: '1', continue: '<one.metadata.continue>' },
          until: { status: 410 },
          meanwhile: post(maps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'more-' } }),
        }),
      ],
    },
    {
      id: 'version-zero',
      shows: 'resourceVersion 0 is any version.',
      steps: [
        make('a'),
        get(maps, { query: { resourceVersion: '0' } }),
        get(core('configmaps/a'), { query: { resourceVersion: '0' } }),
      ],
    },
    {
      id: 'version-past',
      shows: 'A version of the past is served by a newer one unless exactly that is asked.',
      steps: [
        make('a'),
        post(maps, configMap('b'), { as: 'second' }),
        make('c'),
        get(maps, { query: { resourceVersion: '<second.metadata.resourceVersion>' } }),
        get(maps, {
          query: { resourceVersion: '<second.metadata.resourceVersion>', resourceVersionMatch: 'NotOlderThan' },
        }),
        get(maps, { query: { resourceVersion: '<second.metadata.resourceVersion>', resourceVersionMatch: 'Exact' } }),
      ],
    },
    {
      id: 'version-bad',
      shows: 'Versions and matches that are none.',
      steps: [
        get(maps, { query: { resourceVersion: 'abc' } }),
        get(maps, { query: { resourceVersionMatch: 'Exact' } }),
        get(maps, { query: { resourceVersion: '0', resourceVersionMatch: 'Exact' } }),
        get(maps, { query: { resourceVersion: '5', resourceVersionMatch: 'Sometimes' } }),
      ],
    },
    {
      id: 'version-future',
      shows: 'A version that is not there yet.',
      steps: [
        get(maps, { query: { resourceVersion: '99999999' } }),
        get(core('configmaps/a'), { query: { resourceVersion: '99999999' } }),
      ],
    },
    {
      id: 'metadata-only',
      shows: 'Only metadata, of one object and of a list.',
      steps: [
        make('a', { tier: 'web' }),
        get(core('configmaps/a'), { accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' }),
        get(maps, { accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1' }),
        post(own('rollouts'), rollout('r')),
        get(own('rollouts'), { accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1' }),
      ],
    },
  ],
};
