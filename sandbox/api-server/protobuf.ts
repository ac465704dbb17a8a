/**
 * Kubernetes' protobuf form of the few kinds that kubectl sends in it (`create configmap`, `create token`, `auth can-i`
 * ...), read into JSON. Bodies of other kinds are refused with 415; answers are never protobuf, which clients accept as well.
 */

import { type Json, type JsonObject, textAt } from '../../crds/schema/json.ts';

type FieldType =
  | 'string'
  /** Base64 in JSON. */
  | 'bytes'
  | 'bool'
  | 'int'
  | 'strings'
  | { readonly message: Message }
  | { readonly mapOf: 'string' | 'bytes' };

/** Fields by number; those that are not named are skipped. */
type Message = Readonly<Record<number, readonly [name: string, type: FieldType]>>;

const metadata: Message = {
  1: ['name', 'string'],
  2: ['generateName', 'string'],
  3: ['namespace', 'string'],
  5: ['uid', 'string'],
  6: ['resourceVersion', 'string'],
  11: ['labels', { mapOf: 'string' }],
  12: ['annotations', { mapOf: 'string' }],
  14: ['finalizers', 'strings'],
};
const meta = ['metadata', { message: metadata }] as const;

const deleteOptions: Message = {
  1: ['gracePeriodSeconds', 'int'],
  2: ['preconditions', { message: { 1: ['uid', 'string'], 2: ['resourceVersion', 'string'] } }],
  4: ['propagationPolicy', 'string'],
  5: ['dryRun', 'strings'],
};

const resourceAttributes: Message = {
  1: ['namespace', 'string'],
  2: ['verb', 'string'],
  3: ['group', 'string'],
  4: ['version', 'string'],
  5: ['resource', 'string'],
  6: ['subresource', 'string'],
  7: ['name', 'string'],
};

const boundObject: Message = {
  1: ['kind', 'string'],
  2: ['apiVersion', 'string'],
  3: ['name', 'string'],
  4: ['uid', 'string'],
};

/** Numbers of the generated.proto files of k8s.io/api. */
const kinds: Readonly<Record<string, Message>> = {
  Namespace: { 1: meta },
  ConfigMap: {
    1: meta,
    2: ['data', { mapOf: 'string' }],
    3: ['binaryData', { mapOf: 'bytes' }],
    4: ['immutable', 'bool'],
  },
  Secret: {
    1: meta,
    2: ['data', { mapOf: 'bytes' }],
    3: ['type', 'string'],
    4: ['stringData', { mapOf: 'string' }],
    5: ['immutable', 'bool'],
  },
  ServiceAccount: { 1: meta, 4: ['automountServiceAccountToken', 'bool'] },
  TokenRequest: {
    1: meta,
    2: [
      'spec',
      {
        message: {
          1: ['audiences', 'strings'],
          3: ['boundObjectRef', { message: boundObject }],
          4: ['expirationSeconds', 'int'],
        },
      },
    ],
  },
  SelfSubjectReview: { 1: meta },
  SelfSubjectRulesReview: { 1: meta, 2: ['spec', { message: { 1: ['namespace', 'string'] } }] },
  SelfSubjectAccessReview: {
    1: meta,
    2: [
      'spec',
      {
        message: {
          1: ['resourceAttributes', { message: resourceAttributes }],
          2: ['nonResourceAttributes', { message: { 1: ['path', 'string'], 2: ['verb', 'string'] } }],
        },
      },
    ],
  },
  Eviction: { 1: meta, 2: ['deleteOptions', { message: deleteOptions }] },
  DeleteOptions: deleteOptions,
};

export const protobufType = 'application/vnd.kubernetes.protobuf';

const magic = 'k8s\0';
const envelope: Message = {
  1: ['typeMeta', { message: { 1: ['apiVersion', 'string'], 2: ['kind', 'string'] } }],
  2: ['raw', 'bytes'],
};

/** The object of such a body; undefined when its kind is none of ours or the bytes are no message. */
export function fromProtobuf(body: Buffer): JsonObject | undefined {
  if (body.subarray(0, 4).toString('latin1') !== magic) return undefined;
  try {
    const { typeMeta, raw } = decode(body.subarray(4), envelope) as { typeMeta?: JsonObject; raw?: string };
    const message = kinds[textAt(typeMeta ?? {}, 'kind')];
    if (message === undefined || typeMeta === undefined) return undefined;
    return { ...typeMeta, ...decode(Buffer.from(raw ?? '', 'base64'), message) };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

interface WireField {
  readonly number: number;
  readonly value: number | Buffer;
}

/** @throws RangeError when the bytes end too early. */
function* fieldsOf(bytes: Buffer): Generator<WireField> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes.readUInt8(at++);
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const number = Math.floor(key / 8);
    const wire = key % 8;
    if (wire === 0) {
      yield { number, value: varint() };
      continue;
    }
    const length = wire === 2 ? varint() : wire === 1 ? 8 : 4;
    if (at + length > bytes.length) throw new RangeError('the message ends too early');
    yield { number, value: bytes.subarray(at, at + length) };
    at += length;
  }
}

/** Empty texts are absent: Go writes them although nothing was set. */
function decode(bytes: Buffer, message: Message): JsonObject {
  const made: Record<string, Json> = {};
  for (const { number, value } of fieldsOf(bytes)) {
    const field = message[number];
    if (field === undefined) continue;
    const [name, type] = field;
    const read = valueOf(value, type, made[name]);
    if (read !== '' && read !== undefined) made[name] = read;
  }
  return made;
}

function valueOf(value: number | Buffer, type: FieldType, before: Json | undefined): Json | undefined {
  if (typeof value === 'number') return type === 'bool' ? value === 1 : type === 'int' ? value : undefined;
  if (type === 'string') return value.toString('utf8');
  if (type === 'bytes') return value.toString('base64');
  if (type === 'strings')
    return [...(Array.isArray(before) ? (before as readonly Json[]) : []), value.toString('utf8')];
  if (type === 'bool' || type === 'int') return undefined;
  if ('message' in type) return decode(value, type.message);
  const entry = decode(value, { 1: ['key', 'string'], 2: ['value', type.mapOf] });
  return { ...(before as JsonObject | undefined), [textAt(entry, 'key')]: textAt(entry, 'value') };
}
