/** Projections: what the caches keep of Kubernetes' own kinds, so that thousands of pods stay small in memory. */

import { z } from 'zod';
import type { JsonObject, KubeObject } from '../../kube/api.ts';
import type {
  ContainerTrouble,
  EndpointSliceView,
  PodView,
  ReplicaSetView,
  ServicePort,
  ServiceView,
} from './observed.ts';
import { instantOf } from './time-text.ts';
import { head } from './view-head.ts';

type Raw = KubeObject & JsonObject;

const Texts = z.record(z.string(), z.string());
const Condition = z.looseObject({ type: z.string(), status: z.string() });
const Failure = Condition.extend({ message: z.string().default('pods cannot be created') });

const ReplicaSet = z.looseObject({
  spec: z.looseObject({ replicas: z.number().default(1) }).prefault({}),
  status: z
    .looseObject({
      replicas: z.number().optional(),
      readyReplicas: z.number().optional(),
      availableReplicas: z.number().optional(),
      observedGeneration: z.number().optional(),
      conditions: z.array(Failure).optional(),
    })
    .optional(),
});

function label({ metadata }: Raw, key: string): string {
  return metadata.labels?.[key] ?? '';
}

export function replicaSetView(raw: Raw, hashKey: string): ReplicaSetView {
  const { spec, status } = ReplicaSet.parse(raw);
  const failure = status?.conditions?.find((one) => one.type === 'ReplicaFailure' && one.status === 'True');
  return {
    ...head(raw),
    podHash: label(raw, hashKey),
    replicas: spec.replicas,
    ...(failure === undefined ? {} : { failure: failure.message }),
    status: {
      replicas: status?.replicas ?? 0,
      ready: status?.readyReplicas ?? 0,
      available: status?.availableReplicas ?? 0,
      observedGeneration: status?.observedGeneration ?? 0,
    },
  };
}

const ContainerStatus = z.looseObject({
  name: z.string(),
  image: z.string().optional(),
  restartCount: z.number().default(0),
  ready: z.boolean().optional(),
  state: z
    .looseObject({
      waiting: z.looseObject({ reason: z.string().optional(), message: z.string().optional() }).optional(),
      running: z.looseObject({ startedAt: z.string().nullish() }).optional(),
      terminated: z.looseObject({ exitCode: z.number().optional() }).optional(),
    })
    .optional(),
  lastState: z.looseObject({ terminated: z.looseObject({ exitCode: z.number().optional() }).optional() }).optional(),
});
const Pod = z.looseObject({
  status: z
    .looseObject({
      conditions: z.array(Condition).optional(),
      containerStatuses: z.array(ContainerStatus).optional(),
      initContainerStatuses: z.array(ContainerStatus).optional(),
    })
    .optional(),
});

/** Reasons of a container that is merely on its way. */
const startingReasons: ReadonlySet<string> = new Set(['', 'ContainerCreating', 'PodInitializing']);

export function podView(raw: Raw, hashKey: string): PodView {
  const { status } = Pod.parse(raw);
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return {
    ...head(raw),
    podHash: label(raw, hashKey),
    ready: status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false,
    leaving: raw.metadata.deletionTimestamp !== undefined,
    troubles: containers.flatMap(troubleOfContainer),
  };
}

function troubleOfContainer(one: z.infer<typeof ContainerStatus>): ContainerTrouble[] {
  const waiting = one.state?.waiting;
  const reason = waiting?.reason ?? '';
  const exitCode = one.state?.terminated?.exitCode ?? one.lastState?.terminated?.exitCode;
  const restarts = one.restartCount;
  const crashed = !one.ready && restarts > 0 && exitCode !== undefined && exitCode !== 0;
  const running = one.state?.running;
  if (startingReasons.has(reason) && !crashed) return [];
  return [
    {
      container: one.name,
      image: one.image ?? '',
      reason: startingReasons.has(reason) ? 'Crashed' : reason,
      message: waiting?.message ?? '',
      restarts,
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(running === undefined ? {} : { upSince: instantOf(running.startedAt ?? undefined) ?? 0 }),
    },
  ];
}

const Port = z.object({
  name: z.string().optional(),
  port: z.number(),
  protocol: z.string().optional(),
  targetPort: z.union([z.number(), z.string()]).optional(),
});
const Service = z.looseObject({
  spec: z.looseObject({ selector: Texts.default({}), ports: z.array(Port).default([]) }).prefault({}),
});

export function serviceView(raw: Raw): ServiceView {
  const { selector, ports } = Service.parse(raw).spec;
  const kept = ports.map((one) => JSON.parse(JSON.stringify(one)) as ServicePort);
  return { ...head(raw), selector, ...(kept.length === 0 ? {} : { ports: kept }) };
}

const EndpointSlice = z.looseObject({
  endpoints: z
    .array(
      z.looseObject({
        conditions: z.looseObject({ ready: z.boolean().nullish(), terminating: z.boolean().nullish() }).nullish(),
        targetRef: z.looseObject({ kind: z.string().optional(), name: z.string().default('') }).nullish(),
      }),
    )
    .nullish(),
});

/** Label with which the EndpointSlice controller names the Service. */
const serviceLabel = 'kubernetes.io/service-name';

/** An absent `ready` means ready; a terminating endpoint gets no new requests. */
export function endpointSliceView(raw: Raw): EndpointSliceView {
  const endpoints = (EndpointSlice.parse(raw).endpoints ?? []).map(({ conditions, targetRef }) => ({
    pod: targetRef?.kind === 'Pod' ? targetRef.name : '',
    ready: conditions?.ready !== false && conditions?.terminating !== true,
  }));
  return { ...head(raw), service: label(raw, serviceLabel), endpoints };
}
