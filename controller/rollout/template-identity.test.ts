import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../crds/schema/json.ts';
import { knownRevision } from './known-revision.ts';
import { digestOf, templateDigest } from './template-digest.ts';
import { templateIdentity } from './template-identity.ts';
import { aReplicaSet, shopKeys } from './testing/builders.ts';

const written: JsonObject = {
  metadata: { labels: { app: 'web' } },
  spec: {
    containers: [
      {
        name: 'web',
        image: 'shop:1',
        ports: [{ containerPort: 80 }],
        env: [{ name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
        readinessProbe: { httpGet: { path: '/', port: 80 } },
        resources: { limits: { cpu: '1' } },
      },
    ],
    volumes: [{ name: 'config', configMap: { name: 'web' } }],
    serviceAccountName: 'web',
  },
};

/** As the API server gives it back in a ReplicaSet. */
const stored: JsonObject = {
  metadata: { labels: { app: 'web', [shopKeys.podTemplateHash]: 'older' }, creationTimestamp: null },
  spec: {
    containers: [
      {
        name: 'web',
        image: 'shop:1',
        imagePullPolicy: 'IfNotPresent',
        ports: [{ containerPort: 80, protocol: 'TCP' }],
        env: [{ name: 'IP', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } } }],
        readinessProbe: {
          httpGet: { path: '/', port: 80, scheme: 'HTTP' },
          timeoutSeconds: 1,
          periodSeconds: 10,
          successThreshold: 1,
          failureThreshold: 3,
        },
        resources: { limits: { cpu: '1' }, requests: { cpu: '1' } },
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
      },
    ],
    volumes: [{ name: 'config', configMap: { name: 'web', defaultMode: 420 } }],
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    serviceAccountName: 'web',
    serviceAccount: 'web',
    securityContext: {},
    schedulerName: 'default-scheduler',
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          {
            labelSelector: { matchExpressions: [{ key: shopKeys.podTemplateHash, operator: 'In', values: ['x'] }] },
            topologyKey: 'kubernetes.io/hostname',
          },
        ],
      },
    },
  },
};

const withImage = (image: string): JsonObject =>
  JSON.parse(JSON.stringify(written).replace('shop:1', image)) as JsonObject;

describe('templateIdentity', () => {
  it('does not count defaults, the hash label and what controllers add', () => {
    expect(templateIdentity(stored, shopKeys)).toBe(templateIdentity(written, shopKeys));
  });

  it('does not count temporary metadata that the annotation names', () => {
    const marked = { ...written, metadata: { labels: { app: 'web', role: 'canary' } } };
    const added = JSON.stringify({ labels: { role: 'canary' } });

    expect(templateIdentity(marked, shopKeys, added)).toBe(templateIdentity(written, shopKeys));
    expect(templateIdentity(marked, shopKeys)).not.toBe(templateIdentity(written, shopKeys));
  });

  it.each([
    ['shop', 'Always'],
    ['shop:latest', 'Always'],
    ['registry:5000/shop', 'Always'],
    ['registry:5000/shop:1', 'IfNotPresent'],
    ['shop@sha256:0', 'IfNotPresent'],
  ])('knows that the image %s is pulled %s where nothing is said', (image, imagePullPolicy) => {
    const of = (container: JsonObject) => templateIdentity({ spec: { containers: [container] } }, shopKeys);
    expect(of({ image, imagePullPolicy })).toBe(of({ image }));
    expect(of({ image, imagePullPolicy: 'Never' })).not.toBe(of({ image }));
  });

  it('does not count the host port that a pod in the network of its node gets by default', () => {
    const of = (port: JsonObject, hostNetwork = true) =>
      templateIdentity({ spec: { hostNetwork, containers: [{ ports: [port] }] } }, shopKeys);
    expect(of({ containerPort: 80, hostPort: 80 })).toBe(of({ containerPort: 80 }));
    expect(of({ containerPort: 80, hostPort: 80 }, false)).not.toBe(of({ containerPort: 80 }, false));
    expect(of({ hostPort: 80 })).not.toBe(of({}));
  });

  it('counts requests without limits, and the antiAffinity that is not the controller’s own', () => {
    const of = (requests: JsonObject, podAntiAffinity: JsonObject = {}) =>
      templateIdentity(
        { spec: { affinity: { podAntiAffinity }, containers: [{ resources: { requests } }] } },
        shopKeys,
      );
    const term = { labelSelector: { matchLabels: { app: 'web' } }, topologyKey: 'kubernetes.io/hostname' };
    expect(of({ cpu: '1' })).not.toBe(of({}));
    expect(of({}, { requiredDuringSchedulingIgnoredDuringExecution: [term] })).not.toBe(of({}));
  });

  it.each(['no JSON', '["role"]', '{"labels":"role"}'])(
    'takes nothing away for an annotation that says %s',
    (added) => {
      expect(templateIdentity(written, shopKeys, added)).toBe(templateIdentity(written, shopKeys));
    },
  );

  it('counts everything else', () => {
    expect(templateIdentity(withImage('shop:2'), shopKeys)).not.toBe(templateIdentity(written, shopKeys));
    const later = { ...stored, spec: { ...(stored.spec as JsonObject), terminationGracePeriodSeconds: 60 } };
    expect(templateIdentity(later, shopKeys)).not.toBe(templateIdentity(written, shopKeys));
  });
});

it('is the digest of what stands in a ReplicaSet, less the temporary metadata that it was given', () => {
  const labels = { app: 'web', role: 'canary' };
  const set = (template: JsonObject, annotations: JsonObject) => ({ metadata: { annotations }, spec: { template } });
  const added = { [shopKeys.ephemeralMetadata]: JSON.stringify({ labels: { role: 'canary' } }) };

  expect(templateDigest(set({ ...written, metadata: { labels } }, added), shopKeys)).toBe(
    templateDigest(set(written, {}), shopKeys),
  );
});

describe('knownRevision', () => {
  const set = (podHash: string, template: JsonObject, revision = 1) => ({
    ...aReplicaSet(podHash, { revision }),
    templateDigest: templateDigest({ metadata: {}, spec: { template } }, shopKeys),
  });
  const find = (template: JsonObject, sets: ReturnType<typeof set>[]) =>
    knownRevision({ podHash: 'own', template, replicaSets: sets, keys: shopKeys, digest: digestOf });

  it('takes the own hash first, then the newest ReplicaSet whose template means the same [label:rollouts-pod-template-hash]', () => {
    expect(find(written, [set('own', withImage('shop:9')), set('older', stored)])).toBe('own');
    expect(find(written, [set('old', stored, 1), set('older', stored, 2), set('x', withImage('shop:2'), 3)])).toBe(
      'older',
    );
  });

  it('is the own hash for a template that is new', () => {
    expect(find(withImage('shop:2'), [set('older', stored)])).toBe('own');
    expect(find(written, [])).toBe('own');
  });
});
