/** Builtin kinds: what the server fills in, drops and refuses, recorded on kube-apiserver 1.36.3. */

import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../crds/schema/json.ts';
import type { KindSchema } from '../contract.ts';
import { builtinSchema } from './builtin.ts';

function schemaOf(group: string, kind: string): KindSchema {
  const schema = builtinSchema(group, 'v1', kind);
  if (schema === undefined) throw new Error(`${kind} is not served`);
  return schema;
}

const replicaSets = schemaOf('apps', 'ReplicaSet');

function replicaSet(spec: JsonObject, container: JsonObject = {}, podSpec: JsonObject = {}): JsonObject {
  const containers = [{ name: 'c', image: 'nginx:1', ...container }];
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers, ...podSpec } };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'web' },
    spec: { selector: { matchLabels: { app: 'web' } }, template, ...spec },
  };
}

/** `field: message` of each cause. */
function told(schema: KindSchema, object: JsonObject, old?: JsonObject): readonly string[] {
  const read = schema.normalise(object).object;
  return schema.validate(read, old).map(({ field, message }) => `${field}: ${message}`);
}

describe('reading a builtin object', () => {
  it('fills defaults in and writes quantities in their canonical form', () => {
    const { object } = replicaSets.normalise(
      replicaSet({}, { resources: { requests: { cpu: '0.5', memory: '1024Mi' } } }),
    );
    expect(object).toEqual({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name: 'web' },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: {
            containers: [
              {
                name: 'c',
                image: 'nginx:1',
                resources: { requests: { cpu: '500m', memory: '1Gi' } },
                terminationMessagePath: '/dev/termination-log',
                terminationMessagePolicy: 'File',
                imagePullPolicy: 'IfNotPresent',
              },
            ],
            restartPolicy: 'Always',
            terminationGracePeriodSeconds: 30,
            dnsPolicy: 'ClusterFirst',
            securityContext: {},
            schedulerName: 'default-scheduler',
          },
        },
      },
      status: { replicas: 0 },
    });
  });

  it('gives a complete object back itself', () => {
    const complete = replicaSets.normalise(replicaSet({})).object;
    expect(replicaSets.normalise(complete).object).toBe(complete);
  });

  it('names unknown fields with their path', () => {
    const { unknown, object } = replicaSets.normalise(
      replicaSet({ replcas: 1 }, { imagee: 'x', ports: [{ port: 1 }] }),
    );
    expect(unknown).toEqual([
      'spec.template.spec.containers[0].imagee',
      'spec.template.spec.containers[0].ports[0].port',
      'spec.replcas',
    ]);
    expect(JSON.stringify(object)).not.toContain('replcas');
  });

  it.each([
    [
      replicaSet({ replicas: '3' }),
      'json: cannot unmarshal string into Go struct field ReplicaSetSpec.spec.replicas of type int32',
    ],
    [
      replicaSet({ replicas: 1.5 }),
      'json: cannot unmarshal number 1.5 into Go struct field ReplicaSetSpec.spec.replicas of type int32',
    ],
    [
      replicaSet({}, { name: 5 }),
      'json: cannot unmarshal number into Go struct field Container.spec.template.spec.containers.name of type string',
    ],
    [
      replicaSet({}, {}, { containers: 'x' }),
      'json: cannot unmarshal string into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container',
    ],
    [
      replicaSet({}, { resources: { limits: { cpu: 'abc' } } }),
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
  ])('refuses wrong types as Go does (%#)', (object, words) => {
    expect(replicaSets.normalise(object).refused).toBe(words);
  });

  it('turns the texts of a Secret into data', () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { a: 'b' } };
    expect(schemaOf('', 'Secret').normalise(secret).object).toMatchObject({ type: 'Opaque', data: { a: 'Yg==' } });
  });

  it('does not know kinds that are not served', () => {
    expect(builtinSchema('', 'v1', 'Endpoints')).toBeUndefined();
    expect(builtinSchema('apps', 'v1beta1', 'ReplicaSet')).toBeUndefined();
  });
});

describe('checking a builtin object', () => {
  it('wants containers with a name and an image, each name once', () => {
    const containers = [{ name: 'A_', image: '' }, { name: 'c' }, { name: 'c', image: 'x' }];
    expect(told(replicaSets, replicaSet({}, {}, { containers }))).toEqual([
      expect.stringMatching(
        /^spec\.template\.spec\.containers\[0\]\.name: Invalid value: "A_": a lowercase RFC 1123 label must/,
      ),
      'spec.template.spec.containers[0].image: Required value',
      'spec.template.spec.containers[1].image: Required value',
      'spec.template.spec.containers[2].name: Duplicate value: "c"',
    ]);
  });

  it('wants the selector to match the template and to stay', () => {
    expect(told(replicaSets, replicaSet({ selector: { matchLabels: { app: 'y' } } }))).toEqual([
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ]);
    const old = replicaSets.normalise(
      replicaSet({ selector: { matchLabels: {}, matchExpressions: [{ key: 'app', operator: 'Exists' }] } }),
    ).object;
    expect(told(replicaSets, replicaSet({}), old)).toEqual([
      'spec.selector: Invalid value: {"matchLabels":{"app":"web"}}: field is immutable',
    ]);
  });

  it('refuses loopback addresses of endpoints', () => {
    const slice = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 's' },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['127.0.0.1'] }, { addresses: ['10.244.0.7'] }],
    };
    expect(told(schemaOf('discovery.k8s.io', 'EndpointSlice'), slice)).toEqual([
      'endpoints[0].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    ]);
  });

  it('wants names for several ports', () => {
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's' },
      spec: { ports: [{ port: 80 }, { port: 81 }] },
    };
    expect(told(schemaOf('', 'Service'), service)).toEqual([
      'spec.ports[0].name: Required value',
      'spec.ports[1].name: Required value',
    ]);
  });

  it('wants positive numbers in a lease', () => {
    const spec = { leaseDurationSeconds: 0, leaseTransitions: -1 };
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l' }, spec };
    expect(told(schemaOf('coordination.k8s.io', 'Lease'), lease)).toEqual([
      'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
      'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0',
    ]);
  });
});
