/** Watches: where they begin, what they carry, selectors whose answer changes, bookmarks, and how they end. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import {
  apply,
  configMap,
  core,
  get,
  type Group,
  merge,
  own,
  pod,
  post,
  put,
  remove,
  rollout,
  type Step,
} from '../case.ts';

const maps = core('configmaps');
const make = (name: string, labels: JsonObject = {}) => post(maps, configMap(name, {}, { labels }));
const from = (step: string) => ({ resourceVersion: `<${step}.metadata.resourceVersion>` });
const list = get(maps, { as: 'list' });
const opened = (query: Record<string, string> = {}): Step => ({ watch: 'w', path: maps, query });
const events = (count: number | 'until end'): Step => ({ events: 'w', count });

export const watches: Group = {
  name: 'watch',
  cases: [
    {
      id: 'watch-changes',
      shows: 'From a version on: added, modified, deleted, in order.',
      steps: [
        list,
        opened(from('list')),
        make('a'),
        merge(core('configmaps/a'), { data: { x: '1' } }),
        remove(core('configmaps/a')),
        events(3),
      ],
    },
    {
      id: 'watch-past',
      shows: 'Changes since a past version come first.',
      steps: [
        list,
        make('a'),
        make('b'),
        merge(core('configmaps/a'), { data: { x: '1' } }),
        opened(from('list')),
        events(3),
      ],
    },
    {
      id: 'watch-after-object',
      shows: 'From the version of an object on, without that version.',
      steps: [post(maps, configMap('a'), { as: 'first' }), make('b'), opened(from('first')), events(1)],
    },
    {
      id: 'watch-initial',
      shows: 'Without a version, what is there comes as added.',
      steps: [make('b'), make('a'), opened(), events(2), make('c'), events(1)],
    },
    {
      id: 'watch-zero',
      shows: 'With version 0 likewise.',
      steps: [make('a'), opened({ resourceVersion: '0' }), events(1), make('c'), events(1)],
    },
    {
      id: 'watch-same',
      shows: 'A write that changes nothing is no event.',
      steps: [
        make('a'),
        list,
        opened(from('list')),
        merge(core('configmaps/a'), {}),
        put(core('configmaps/a'), configMap('a')),
        make('marker'),
        events(1),
      ],
    },
    {
      id: 'watch-labels',
      shows: 'An object that begins to match is added, one that ceases to match is deleted.',
      steps: [
        list,
        opened({ ...from('list'), labelSelector: 'tier=web' }),
        make('a'),
        merge(core('configmaps/a'), { metadata: { labels: { tier: 'web' } } }),
        merge(core('configmaps/a'), { data: { x: '1' } }),
        merge(core('configmaps/a'), { metadata: { labels: { tier: 'db' } } }),
        remove(core('configmaps/a')),
        make('b', { tier: 'web' }),
        events(4),
      ],
    },
    {
      id: 'watch-one',
      shows: 'One object by the field metadata.name.',
      steps: [
        list,
        opened({ ...from('list'), fieldSelector: 'metadata.name=b' }),
        make('a'),
        make('b'),
        remove(core('configmaps/b')),
        events(2),
      ],
    },
    {
      id: 'watch-path',
      shows: 'A watch of the path of one object is only a read of it.',
      steps: [make('a'), list, { watch: 'w', path: core('configmaps/a'), query: from('list') }, events('until end')],
    },
    {
      id: 'watch-old-path',
      shows: 'The path with /watch/ still works.',
      steps: [
        list,
        { watch: 'w', path: '/api/v1/watch/namespaces/<ns>/configmaps', query: from('list') },
        make('a'),
        events(1),
      ],
    },
    {
      id: 'watch-pods-node',
      shows: 'Pods of a node: binding makes a pod match.',
      steps: [
        get(core('pods'), { as: 'list' }),
        { watch: 'w', path: core('pods'), query: { ...from('list'), fieldSelector: 'spec.nodeName=node-1' } },
        post(core('pods'), pod('p')),
        post(core('pods/p/binding'), {
          apiVersion: 'v1',
          kind: 'Binding',
          metadata: { name: 'p' },
          target: { kind: 'Node', name: 'node-1' },
        }),
        events(1),
      ],
    },
    {
      id: 'watch-own',
      shows: 'Custom resources: spec, status and deletion.',
      steps: [
        get(own('rollouts'), { as: 'list' }),
        { watch: 'w', path: own('rollouts'), query: from('list') },
        post(own('rollouts'), rollout('r')),
        merge(own('rollouts/r'), { spec: { replicas: 2 } }),
        merge(own('rollouts/r/status'), { status: { message: 'x' } }),
        remove(own('rollouts/r')),
        events(4),
      ],
    },
    {
      id: 'watch-apply',
      shows: 'An apply is an event, the same again is none.',
      steps: [
        list,
        opened(from('list')),
        apply(core('configmaps/a'), configMap('a', { x: '1' }), 'one'),
        apply(core('configmaps/a'), configMap('a', { x: '1' }), 'one'),
        make('marker'),
        events(2),
      ],
    },
    {
      id: 'watch-finalizer',
      shows: 'A deletion with finalizers is a change first and a deletion at last.',
      steps: [
        post(maps, configMap('a', {}, { finalizers: ['example.com/wait'] })),
        list,
        opened(from('list')),
        remove(core('configmaps/a')),
        merge(core('configmaps/a'), { metadata: { finalizers: null } }),
        events(2),
      ],
    },
    {
      id: 'watch-timeout',
      shows: 'timeoutSeconds ends a watch.',
      steps: [list, opened({ ...from('list'), timeoutSeconds: '1' }), make('a'), events('until end')],
    },
    {
      id: 'watch-bookmark',
      shows: 'A bookmark comes before the end when asked for.',
      steps: [
        make('a'),
        list,
        opened({ ...from('list'), allowWatchBookmarks: 'true', timeoutSeconds: '4' }),
        make('b'),
        events('until end'),
      ],
    },
    {
      id: 'watch-list',
      shows: 'sendInitialEvents: what is there, then a bookmark that says so.',
      steps: [
        make('a'),
        make('b'),
        opened({ sendInitialEvents: 'true', allowWatchBookmarks: 'true', resourceVersionMatch: 'NotOlderThan' }),
        events(3),
        make('c'),
        events(1),
      ],
    },
    {
      id: 'watch-list-wrong',
      shows: 'sendInitialEvents needs its companions.',
      steps: [opened({ sendInitialEvents: 'true' }), opened({ resourceVersionMatch: 'NotOlderThan' })],
    },
    {
      id: 'watch-410',
      shows: 'A version that is gone ends the watch with an error of 410.',
      steps: [{ watch: 'w', path: own('rollouts'), query: { resourceVersion: '1' } }, events('until end')],
    },
    {
      id: 'watch-future',
      shows: 'A version that is not there yet.',
      steps: [opened({ resourceVersion: '99999999', timeoutSeconds: '2' }), events('until end')],
    },
    {
      id: 'watch-bad',
      shows: 'Versions and selectors that are none.',
      steps: [opened({ resourceVersion: 'abc' }), opened({ labelSelector: '==' }), opened({ timeoutSeconds: 'soon' })],
    },
    {
      id: 'watch-metadata',
      shows: 'Only metadata in events.',
      steps: [
        list,
        {
          watch: 'w',
          path: maps,
          query: from('list'),
          accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
        },
        make('a'),
        remove(core('configmaps/a')),
        events(2),
      ],
    },
    {
      id: 'watch-table',
      shows: 'Tables in events: columns in the first only.',
      steps: [
        list,
        { watch: 'w', path: maps, query: from('list'), accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' },
        make('a'),
        make('b'),
        events(2),
      ],
    },
    {
      id: 'watch-collection-delete',
      shows: 'A deletion of a collection is one event an object.',
      steps: [make('a'), make('b'), list, opened(from('list')), remove(maps), events(2)],
    },
  ],
};
