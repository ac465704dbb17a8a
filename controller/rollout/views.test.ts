import { describe, expect, it } from 'vitest';
import type { JsonObject, KubeObject } from '../../kube/api.ts';
import { endpointSliceView, podView, replicaSetView, serviceView } from './views.ts';

const hashKey = 'rollouts-pod-template-hash';

function object(kind: string, rest: JsonObject): KubeObject & JsonObject {
  const metadata = {
    name: 'x',
    namespace: 'shop',
    uid: 'u',
    resourceVersion: '1',
    labels: { [hashKey]: 'two' },
    managedFields: [],
  };
  return { apiVersion: 'v1', kind, metadata, ...rest };
}

const waiting = (reason: string, message = '') => ({
  name: 'web',
  image: 'shop:2',
  restartCount: 0,
  state: { waiting: { reason, message } },
});

describe('views', () => {
  it('keep of a ReplicaSet its counts and why it can make no pods', () => {
    const conditions = [{ type: 'ReplicaFailure', status: 'True', message: 'exceeded quota' }];
    const view = replicaSetView(
      object('ReplicaSet', { spec: { replicas: 3 }, status: { replicas: 2, availableReplicas: 1, conditions } }),
      hashKey,
    );

    expect(view).toMatchObject({
      podHash: 'two',
      replicas: 3,
      failure: 'exceeded quota',
      status: { replicas: 2, ready: 0, available: 1 },
    });
    expect(view.metadata).not.toHaveProperty('managedFields');
  });

  it('take what the API server would fill in for an object that says nothing', () => {
    const conditions = [{ type: 'ReplicaFailure', status: 'True' }];

    expect(replicaSetView(object('ReplicaSet', {}), hashKey)).toMatchObject({ replicas: 1, status: { replicas: 0 } });
    expect(replicaSetView(object('ReplicaSet', { status: { conditions } }), hashKey).failure).toBe(
      'pods cannot be created',
    );
    expect(podView(object('Pod', {}), 'another-label')).toMatchObject({ podHash: '', ready: false, troubles: [] });
    expect(serviceView(object('Service', {}))).toMatchObject({ selector: {} });
  });

  it('keep of a Service its selector and ports', () => {
    const spec = { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http', nodePort: 30080 }] };

    expect(serviceView(object('Service', { spec }))).toMatchObject({
      selector: { app: 'web' },
      ports: [{ port: 80, targetPort: 'http' }],
    });
    expect(serviceView(object('Service', { spec: { type: 'ExternalName' } }))).not.toHaveProperty('ports');
  });

  it('name the pod behind an endpoint, and none for an address that is no pod', () => {
    const endpoints = [{ targetRef: { kind: 'Pod', name: 'a' } }, { targetRef: { kind: 'Pod' } }, { addresses: [] }];

    expect(endpointSliceView(object('EndpointSlice', { endpoints })).endpoints.map((one) => one.pod)).toEqual([
      'a',
      '',
      '',
    ]);
  });

  it.each([
    ['True', true],
    ['False', false],
  ])('tell whether a pod with Ready %s is ready', (status, ready) => {
    const conditions = [
      { type: 'Initialized', status: 'True' },
      { type: 'Ready', status },
    ];
    expect(podView(object('Pod', { status: { conditions } }), hashKey).ready).toBe(ready);
  });

  it.each([
    ['a container on its way', waiting('ContainerCreating'), []],
    ['an image that is not there', waiting('ErrImagePull', 'not found'), ['ErrImagePull']],
    [
      'a container between two crashes',
      {
        name: 'web',
        restartCount: 2,
        ready: false,
        state: { running: {} },
        lastState: { terminated: { exitCode: 1 } },
      },
      ['Crashed'],
    ],
    [
      'a container that crashed once and is ready again',
      { name: 'web', restartCount: 1, ready: true, state: { running: {} }, lastState: { terminated: { exitCode: 1 } } },
      [],
    ],
  ])('tell of %s', (_name, status, reasons) => {
    const view = podView(object('Pod', { status: { containerStatuses: [status as unknown as JsonObject] } }), hashKey);

    expect(view.troubles.map((one) => one.reason)).toEqual(reasons);
  });

  it('count an endpoint as ready unless it is told otherwise or terminating', () => {
    const endpoint = (name: string, conditions: JsonObject | null) => ({
      targetRef: { kind: 'Pod', name },
      conditions,
    });
    const view = endpointSliceView(
      object('EndpointSlice', {
        endpoints: [
          endpoint('a', {}),
          endpoint('b', { ready: false }),
          endpoint('c', { ready: true, terminating: true }),
          endpoint('d', null),
        ],
      }),
    );

    expect(view.endpoints.filter((one) => one.ready).map((one) => one.pod)).toEqual(['a', 'd']);
  });
});
