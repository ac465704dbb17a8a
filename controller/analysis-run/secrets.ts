/** Reads keys of Secrets in the namespace of a run for one measurement; each Secret once. */
import type { SecretReader } from '../../analysis/args.ts';
import { isJsonObject } from '../../crds/schema/json.ts';
import type { ApiResult, KubeClient } from '../../kube/api.ts';

export interface Secrets {
  readonly read: SecretReader;
  /** True when a read failed for a reason that may pass by itself. */
  readonly mayPass: () => boolean;
}

export function secretsOf(client: KubeClient, namespace: string, signal: AbortSignal): Secrets {
  const known = new Map<string, Promise<ApiResult>>();
  let passing = false;
  const read: SecretReader = async (name, key) => {
    const asked = known.get(name) ?? client.get({ group: '', kind: 'Secret', namespace, name }, { signal });
    known.set(name, asked);
    const result = await asked;
    const what = `Secret ${namespace}/${name}`;
    switch (result.kind) {
      case 'ok':
        return keyOf(result.object, key, what);
      case 'not-found':
      case 'gone':
        return { kind: 'wrong', message: `${what} does not exist: create it with the key ${key}` };
      case 'forbidden':
        return {
          kind: 'wrong',
          message: `${what} may not be read by the controller: grant it the right ${result.right}`,
        };
      case 'conflict':
      case 'invalid':
      case 'busy':
      case 'unknown':
        passing = true;
        return { kind: 'wrong', message: `${what} could not be read for now` };
    }
  };
  return { read, mayPass: () => passing };
}

function keyOf(secret: object, key: string, what: string): Awaited<ReturnType<SecretReader>> {
  const data = 'data' in secret && isJsonObject(secret.data) ? secret.data : {};
  const value = Object.hasOwn(data, key) ? data[key] : undefined;
  if (typeof value !== 'string') {
    const others = Object.keys(data).toSorted().join(', ') || 'none';
    return { kind: 'wrong', message: `${what} has no key ${key}, its keys are: ${others}; add it or correct the name` };
  }
  return { kind: 'ok', value: Buffer.from(value, 'base64').toString('utf8') };
}
