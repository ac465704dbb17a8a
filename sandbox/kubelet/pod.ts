/**
 * What the kubelet reads of a Pod: a zod view of the few fields that it obeys.
 */

import { z } from 'zod';

const Key = z.object({ name: z.string(), key: z.string(), optional: z.boolean().optional() });
const Source = z.object({ name: z.string(), optional: z.boolean().optional() });

const EnvVar = z.object({
  name: z.string(),
  value: z.string().optional(),
  valueFrom: z
    .object({
      configMapKeyRef: Key.optional(),
      secretKeyRef: Key.optional(),
      fieldRef: z.object({ fieldPath: z.string() }).optional(),
    })
    .optional(),
});

const HttpGet = z.object({ path: z.string().default('/'), port: z.union([z.number(), z.string()]) });

const Container = z.object({
  name: z.string(),
  image: z.string().default(''),
  command: z.array(z.string()).default([]),
  args: z.array(z.string()).default([]),
  env: z.array(EnvVar).default([]),
  envFrom: z
    .array(z.object({ prefix: z.string().default(''), configMapRef: Source.optional(), secretRef: Source.optional() }))
    .default([]),
  ports: z.array(z.object({ name: z.string().optional(), containerPort: z.number() })).default([]),
  readinessProbe: z
    .object({
      httpGet: HttpGet.optional(),
      initialDelaySeconds: z.number().default(0),
      periodSeconds: z.number().default(10),
    })
    .optional(),
  lifecycle: z
    .object({ preStop: z.object({ sleep: z.object({ seconds: z.number() }).optional() }).optional() })
    .optional(),
});

const Items = z.array(z.object({ key: z.string(), path: z.string() })).optional();

const Volume = z.object({
  name: z.string(),
  configMap: z.object({ name: z.string(), optional: z.boolean().optional(), items: Items }).optional(),
  secret: z.object({ secretName: z.string(), optional: z.boolean().optional(), items: Items }).optional(),
});

const Condition = z.looseObject({ type: z.string(), status: z.string(), lastTransitionTime: z.string().nullish() });

export const Pod = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    uid: z.string(),
    resourceVersion: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
    creationTimestamp: z.string().optional(),
    deletionTimestamp: z.string().optional(),
    deletionGracePeriodSeconds: z.number().optional(),
  }),
  spec: z.object({
    nodeName: z.string().optional(),
    restartPolicy: z.enum(['Always', 'OnFailure', 'Never']).default('Always'),
    containers: z.array(Container),
    initContainers: z.array(Container).default([]),
    volumes: z.array(Volume).default([]),
    schedulingGates: z.array(z.unknown()).default([]),
    readinessGates: z.array(z.object({ conditionType: z.string() })).default([]),
  }),
  status: z
    .object({
      phase: z.string().optional(),
      podIP: z.string().optional(),
      startTime: z.string().optional(),
      conditions: z.array(Condition).default([]),
    })
    .default({ conditions: [] }),
});

export type Pod = z.infer<typeof Pod>;
export type Container = Pod['spec']['containers'][number];
export type PodCondition = z.infer<typeof Condition>;

/** The hash that tells the revisions of one workload apart. */
export function hashOf(pod: Pod): string {
  const { labels } = pod.metadata;
  return labels['rollouts-pod-template-hash'] ?? labels['pod-template-hash'] ?? '';
}
