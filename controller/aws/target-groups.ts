/** Compares the ready endpoints of a Service with the targets of the target groups that are bound to it. */

import { z } from 'zod';
import type { JsonObject, KubeClient, KubeObject } from '../../kube/api.ts';
import type { AwsCall } from '../../outbound/aws/credentials.ts';
import type { AwsQuestion } from '../rollout/aws-question.ts';
import type { TargetsReading } from '../rollout/aws-readings.ts';
import { type Elb, ElbFailure } from './elb.ts';

type Question = Extract<AwsQuestion, { kind: 'targets' }>;

const Port = z.union([z.string(), z.int()]);
const Binding = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    targetGroupARN: z.string().optional(),
    targetType: z.string().optional(),
    serviceRef: z.object({ name: z.string(), port: Port }),
  }),
});
type Binding = z.infer<typeof Binding>;

const Service = z.object({
  spec: z.object({ ports: z.array(z.object({ name: z.string().default(''), port: z.int() })).default([]) }),
});
const Slice = z.object({
  endpoints: z
    .array(
      z.object({
        addresses: z.array(z.string()),
        conditions: z.object({ ready: z.boolean().nullish() }).nullish(),
      }),
    )
    .nullish(),
  ports: z.array(z.object({ name: z.string().nullish(), port: z.int().nullish() })).nullish(),
});

/** In service: AWS may send it requests. */
const serving: ReadonlySet<string> = new Set(['healthy', 'unavailable']);

/** Yes when every ready endpoint is in service in every target group that is bound to the Service by address. */
export async function readTargets(
  source: Elb,
  client: Pick<KubeClient, 'get' | 'list'>,
  question: Question,
  call: AwsCall,
): Promise<TargetsReading> {
  const { namespace, service, mustExist } = question;
  const bindings = (await objects(client, bindingKind, { namespace, call }))
    .flatMap((one) => read(Binding, one))
    .filter((one) => one.spec.serviceRef.name === service && (one.spec.targetType ?? 'ip') === 'ip');
  if (bindings.length === 0)
    return mustExist
      ? { isVerified: false, why: `no TargetGroupBinding of target type ip names Service/${service}`, groups: [] }
      : { isVerified: true, groups: [] };
  const groups: TargetsReading['groups'] = [];
  for (const binding of bindings) {
    const wanted = await addressesOf(client, question, binding, call);
    groups.push(await groupOf(source, binding, wanted, call));
  }
  const short = groups.find((one) => one.registered < one.wanted || one.wanted === 0);
  if (short === undefined) return { isVerified: true, groups };
  const why = `${short.registered} of ${short.wanted} ready endpoints of Service/${service} are in service in target group ${short.name}`;
  return { isVerified: false, why, groups };
}

async function groupOf(
  source: Elb,
  { metadata, spec }: Binding,
  wanted: ReadonlySet<string>,
  call: AwsCall,
): Promise<TargetsReading['groups'][number]> {
  const arn = spec.targetGroupARN ?? '';
  if (arn === '') return { name: metadata.name, arn, registered: 0, wanted: wanted.size };
  const targets = (await source.targets(arn, call)).filter((one) => serving.has(one.state));
  const found = new Set(targets.map(({ id, port }) => `${id}:${port}`));
  const registered = [...wanted].filter((one) => found.has(one)).length;
  const name = /targetgroup\/([^/]+)/.exec(arn)?.[1] ?? metadata.name;
  return { name, arn, registered, wanted: wanted.size };
}

const bindingKind = { group: 'elbv2.k8s.aws', kind: 'TargetGroupBinding' };
const sliceKind = { group: 'discovery.k8s.io', kind: 'EndpointSlice' };

/** `address:port` of each ready endpoint behind the port that the binding names. */
async function addressesOf(
  client: Pick<KubeClient, 'get' | 'list'>,
  { namespace, service }: Question,
  { spec }: Binding,
  call: AwsCall,
): Promise<ReadonlySet<string>> {
  const key = { group: '', kind: 'Service', namespace, name: service };
  const answer = await client.get(key, { signal: call.signal });
  if (answer.kind !== 'ok') throw new ElbFailure(`Service/${service} could not be read`);
  const ports = read(Service, answer.object).flatMap((one) => one.spec.ports);
  const port = ports.find((one) => one.port === spec.serviceRef.port || one.name === String(spec.serviceRef.port));
  const labelSelector = `kubernetes.io/service-name=${service}`;
  const slices = await objects(client, sliceKind, { namespace, labelSelector, call });
  const found = slices
    .flatMap((one) => read(Slice, one))
    .flatMap((slice) => {
      const at = slice.ports?.find((one) => (one.name ?? '') === (port?.name ?? ''))?.port;
      const ready = (slice.endpoints ?? []).filter((one) => one.conditions?.ready !== false);
      return at == null ? [] : ready.flatMap((one) => one.addresses.map((address) => `${address}:${at}`));
    });
  return new Set(found);
}

interface Listing {
  readonly namespace: string;
  readonly labelSelector?: string;
  readonly call: AwsCall;
}

/** A kind that is not served has no objects. */
async function objects(
  client: Pick<KubeClient, 'list'>,
  kind: { readonly group: string; readonly kind: string },
  { namespace, labelSelector, call }: Listing,
): Promise<readonly (KubeObject & JsonObject)[]> {
  const selected = labelSelector === undefined ? {} : { labelSelector };
  const answer = await client.list(kind, { namespace, ...selected, signal: call.signal });
  if (answer.kind === 'ok') return answer.items;
  if (answer.kind === 'not-found') return [];
  throw new ElbFailure(
    answer.kind === 'forbidden'
      ? `the controller lacks the right ${answer.right}`
      : `objects of kind ${kind.kind} could not be listed`,
  );
}

function read<T>(schema: z.ZodType<T>, object: unknown): readonly T[] {
  const parsed = schema.safeParse(object);
  return parsed.success ? [parsed.data] : [];
}
