/** A Kubernetes client that remembers calls and answers as the test says; by default everything succeeds. */

import type { ApiResult, JsonObject, KubeClient, KubeObject, ObjectKey } from '../../../kube/api.ts';

export interface Call {
  readonly verb: 'get' | 'create' | 'merge' | 'delete' | 'createSub';
  readonly kind: string;
  readonly name: string;
  readonly body?: object;
  readonly options?: object;
}

export interface FakeClient {
  readonly client: KubeClient;
  readonly calls: Call[];
  /** Answers calls from now on; undefined falls back to success. */
  answer: (call: Call) => ApiResult | undefined;
}

export function fakeClient(): FakeClient {
  const calls: Call[] = [];
  const fake: FakeClient = { client: undefined as unknown as KubeClient, calls, answer: () => undefined };
  let version = 100;
  const stored = (key: ObjectKey, body: object): ApiResult => {
    version += 1;
    const metadata = {
      name: key.name,
      namespace: key.namespace,
      uid: `uid-${key.name}`,
      resourceVersion: String(version),
    };
    const object = { apiVersion: key.group === '' ? 'v1' : `${key.group}/v1`, kind: key.kind, ...body, metadata };
    return { kind: 'ok', object: object as unknown as KubeObject & JsonObject };
  };
  const call = (one: Call, key: ObjectKey, body: object): Promise<ApiResult> => {
    calls.push(one);
    return Promise.resolve(fake.answer(one) ?? stored(key, body));
  };
  const keyOf = (object: KubeObject): ObjectKey => ({
    group: object.apiVersion.includes('/') ? (object.apiVersion.split('/')[0] ?? '') : '',
    kind: object.kind,
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name,
  });
  const client = {
    get: (key: ObjectKey) => call({ verb: 'get', kind: key.kind, name: key.name }, key, {}),
    create: (object: KubeObject, options = {}) =>
      call(
        { verb: 'create', kind: object.kind, name: object.metadata.name, body: object, options },
        keyOf(object),
        object,
      ),
    merge: (key: ObjectKey, body: object, options: object) =>
      call({ verb: 'merge', kind: key.kind, name: key.name, body, options }, key, {}),
    createSub: (key: ObjectKey, _subresource: string, body: object, options = {}) =>
      call({ verb: 'createSub', kind: key.kind, name: key.name, body, options }, key, body),
    delete: (key: ObjectKey, options = {}) =>
      call({ verb: 'delete', kind: key.kind, name: key.name, options }, key, {}),
  };
  return Object.assign(fake, { client: client as unknown as KubeClient });
}
