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

  it('counts everything else', () => {
    expect(templateIdentity(withImage('shop:2'), shopKeys)).not.toBe(templateIdentity(written, shopKeys));
    const later = { ...stored, spec: { ...(stored.spec as JsonObject), terminationGracePeriodSeconds: 60 } };
    expect(templateIdentity(later, shopKeys)).not.toBe(templateIdentity(written, shopKeys));
  });
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
