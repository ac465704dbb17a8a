/** Random writes to an object, which meet all kinds of lists and maps: for comparing two servers. */

import fc from 'fast-check';
import type { JsonObject } from '../../crds/schema/json.ts';

export interface RandomWrite {
  readonly how: 'apply' | 'force' | 'merge';
  readonly manager: string;
  /** Without apiVersion, kind and name. */
  readonly body: JsonObject;
}

export interface RandomKind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly path: string;
  /** What every object of it needs from the start. */
  readonly base: JsonObject;
  readonly writes: fc.Arbitrary<readonly RandomWrite[]>;
}

const name = fc.constantFrom('a', 'b', 'c');
const value = fc.constantFrom('1', '2');
const texts = fc.dictionary(name, value, { maxKeys: 3 });
const names = fc.uniqueArray(name, { maxLength: 3 });

/** Members that may each be missing. */
function some(members: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<JsonObject> {
  return fc.record(members, { requiredKeys: [] }) as fc.Arbitrary<JsonObject>;
}

function keyed(key: string, keys: readonly string[], more: Readonly<Record<string, fc.Arbitrary<unknown>>>) {
  const item = fc.tuple(fc.constantFrom(...keys), some(more)).map(([id, rest]): JsonObject => ({ [key]: id, ...rest }));
  return fc.uniqueArray(item, { maxLength: 3, selector: (one) => one[key] });
}

const metadata = some({
  labels: texts,
  annotations: texts,
  finalizers: fc.uniqueArray(fc.constantFrom('x.y/a', 'x.y/b')),
});

function writesOf(content: fc.Arbitrary<JsonObject>): RandomKind['writes'] {
  const write = fc.record({
    how: fc.constantFrom('apply' as const, 'force' as const, 'merge' as const),
    manager: fc.constantFrom('one', 'two', 'three'),
    body: fc.tuple(metadata, content).map(([given, rest]): JsonObject => ({ metadata: given, ...rest })),
  });
  return fc.array(write, { minLength: 1, maxLength: 7 });
}

const container = some({
  env: keyed('name', ['A', 'B', 'C'], { value }),
  args: fc.array(name, { maxLength: 2 }),
  resources: some({ limits: fc.record({ cpu: fc.constantFrom('1', '0.5', '500m') }) }),
}).chain((more) => fc.constantFrom('i:1', 'i:2').map((image): JsonObject => ({ name: 'c', image, ...more })));

const podSpec = some({
  containers: container.map((one) => [one]),
  nodeSelector: texts,
  volumes: keyed('name', ['v', 'w'], { emptyDir: fc.constant({}) }),
  terminationGracePeriodSeconds: fc.constantFrom(0, 10),
  hostNetwork: fc.constant(false),
  securityContext: some({ runAsUser: fc.constant(5) }),
});

const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'i:1' }] } };

export const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'foos.random.example.com' },
  spec: {
    group: 'random.example.com',
    scope: 'Namespaced',
    names: { plural: 'foos', kind: 'Foo' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: fooSchema() } }],
  },
} as const;

function fooSchema(): JsonObject {
  const text = { type: 'string' };
  const number = { type: 'integer' };
  const properties = {
    text,
    nullable: { ...text, nullable: true },
    list: { type: 'array', items: text },
    set: { type: 'array', 'x-kubernetes-list-type': 'set', items: text },
    keyed: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: { type: 'object', required: ['name'], properties: { name: text, v: { ...number, default: 5 } } },
    },
    open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    map: { type: 'object', additionalProperties: text },
    whole: { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: text },
    filled: { type: 'object', default: {}, properties: { x: { ...number, default: 3 } } },
  };
  return { type: 'object', properties: { spec: { type: 'object', properties } } } as unknown as JsonObject;
}

const foo = some({
  text: value,
  nullable: fc.constantFrom('1', null),
  list: fc.array(name, { maxLength: 2 }),
  set: names,
  keyed: keyed('name', ['a', 'b', 'c'], { v: fc.constantFrom(1, 5) }),
  open: some({ p: value, q: some({ r: value, t: fc.constant([1]) }) }),
  map: texts,
  whole: texts,
  filled: some({ x: fc.constantFrom(3, 4) }),
});

const deployment = some({
  replicas: fc.constantFrom(0, 1, 2),
  paused: fc.boolean(),
  minReadySeconds: fc.constantFrom(0, 5),
  strategy: some({ rollingUpdate: some({ maxSurge: fc.constantFrom(1, '50%') }) }),
  template: some({ metadata: some({ labels: fc.constant({ app: 'web', t: '1' }) }), spec: podSpec }),
});

export const randomKinds: readonly RandomKind[] = [
  {
    apiVersion: 'random.example.com/v1',
    kind: 'Foo',
    path: '/apis/random.example.com/v1/namespaces/default/foos',
    base: { spec: {} },
    writes: writesOf(foo.map((spec) => ({ spec }))),
  },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    path: '/apis/apps/v1/namespaces/default/deployments',
    base: { spec: { selector: { matchLabels: { app: 'web' } }, template } },
    writes: writesOf(deployment.map((spec) => ({ spec }))),
  },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    path: '/api/v1/namespaces/default/configmaps',
    base: {},
    writes: writesOf(some({ data: texts })),
  },
];
