/**
 * The environment and the files of a container, read live from the API server when it starts, as a real kubelet does: a
 * later change of a ConfigMap does not reach a running container.
 */

import type { JsonObject, KubeClient, KubeObject } from '../../kube/api.ts';
import { sentenceOf } from '../../kube/client.ts';
import type { Container, Pod } from './pod.ts';

export interface ContainerInput {
  /** Everything, as the process would see it. */
  readonly env: Readonly<Record<string, string>>;
  /** Only what came from ConfigMaps and Secrets: variables by name, files of volumes by "volume/path". */
  readonly config: Readonly<Record<string, string>>;
}

/** `problem` is what a kubelet would show as CreateContainerConfigError, or why the API server gave no answer. */
export type InputResult =
  | { readonly kind: 'ok'; readonly input: ContainerInput }
  | { readonly kind: 'missing'; readonly problem: string };

type Data = Readonly<Record<string, string>>;

interface Reference {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly name: string;
  readonly optional: boolean;
}

/** A reference that is not optional and not there. */
class MissingInput extends Error {}

export async function containerInput(
  client: KubeClient,
  pod: Pod,
  container: Container,
  podIp: string,
): Promise<InputResult> {
  const read = memoized((reference) => readData(client, pod.metadata.namespace, reference));
  const env: Record<string, string> = {};
  const config: Record<string, string> = {};
  try {
    for (const { prefix, configMapRef, secretRef } of container.envFrom) {
      const data = await readSource(read, configMapRef, secretRef);
      for (const [name, value] of Object.entries(data)) {
        env[`${prefix}${name}`] = value;
        config[`${prefix}${name}`] = value;
      }
    }
    for (const variable of container.env) {
      const { configMapKeyRef, secretKeyRef, fieldRef } = variable.valueFrom ?? {};
      const key = configMapKeyRef ?? secretKeyRef;
      if (key !== undefined) {
        const value = await readKey(read, configMapKeyRef === undefined ? 'Secret' : 'ConfigMap', key);
        if (value === undefined) continue;
        env[variable.name] = value;
        config[variable.name] = value;
      } else
        env[variable.name] = fieldRef === undefined ? (variable.value ?? '') : podField(pod, fieldRef.fieldPath, podIp);
    }
    Object.assign(config, await volumeFiles(read, pod));
  } catch (error) {
    if (error instanceof MissingInput) return { kind: 'missing', problem: error.message };
    throw error;
  }
  return { kind: 'ok', input: { env, config } };
}

type Read = (reference: Reference) => Promise<Data | undefined>;

function memoized(read: Read): Read {
  const known = new Map<string, Promise<Data | undefined>>();
  return (reference) => {
    const key = `${reference.kind}/${reference.name}/${reference.optional}`;
    const answer = known.get(key) ?? read(reference);
    known.set(key, answer);
    return answer;
  };
}

async function readData(client: KubeClient, namespace: string, reference: Reference): Promise<Data | undefined> {
  const result = await client.get({ group: '', kind: reference.kind, namespace, name: reference.name });
  if (result.kind === 'ok') return dataOf(result.object, reference.kind);
  if (result.kind === 'not-found') {
    if (reference.optional) return undefined;
    throw new MissingInput(`${reference.kind.toLowerCase()} "${reference.name}" not found`);
  }
  throw new MissingInput(`${reference.kind} ${namespace}/${reference.name} could not be read: ${sentenceOf(result)}`);
}

function dataOf(object: KubeObject & JsonObject, kind: Reference['kind']): Data {
  const data: Record<string, string> = {};
  for (const [name, value] of Object.entries(object.data ?? {})) {
    const text = String(value);
    data[name] = kind === 'Secret' ? Buffer.from(text, 'base64').toString('utf8') : text;
  }
  return data;
}

interface Optional {
  readonly name: string;
  readonly optional?: boolean | undefined;
}

async function readSource(read: Read, map: Optional | undefined, secret: Optional | undefined): Promise<Data> {
  const source = map ?? secret;
  if (source === undefined) return {};
  const kind = map === undefined ? 'Secret' : 'ConfigMap';
  return (await read({ kind, name: source.name, optional: source.optional === true })) ?? {};
}

async function readKey(
  read: Read,
  kind: Reference['kind'],
  key: Optional & { readonly key: string },
): Promise<string | undefined> {
  const data = await read({ kind, name: key.name, optional: key.optional === true });
  const value = data?.[key.key];
  if (value !== undefined || key.optional === true) return value;
  throw new MissingInput(`couldn't find key ${key.key} in ${kind} ${key.name}`);
}

async function volumeFiles(read: Read, pod: Pod): Promise<Data> {
  const files: Record<string, string> = {};
  for (const { name, configMap, secret } of pod.spec.volumes) {
    const source = configMap ?? (secret && { ...secret, name: secret.secretName });
    const data = await readSource(read, configMap, source === configMap ? undefined : source);
    const items = source?.items ?? Object.keys(data).map((key) => ({ key, path: key }));
    for (const { key, path } of items) {
      const value = data[key];
      if (value !== undefined) files[`${name}/${path}`] = value;
    }
  }
  return files;
}

function podField(pod: Pod, path: string, podIp: string): string {
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed !== null) return pod.metadata[keyed[1] === 'labels' ? 'labels' : 'annotations'][keyed[2] ?? ''] ?? '';
  const fields: Readonly<Record<string, string>> = {
    'metadata.name': pod.metadata.name,
    'metadata.namespace': pod.metadata.namespace,
    'metadata.uid': pod.metadata.uid,
    'spec.nodeName': pod.spec.nodeName ?? '',
    'status.podIP': podIp,
  };
  return fields[path] ?? '';
}
