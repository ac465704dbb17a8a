/** Object metadata as far as Tidegate reads it. CRDs leave metadata to the API server; this is for parsing and types. */

import { z } from 'zod';

export const OwnerReference = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  name: z.string(),
  uid: z.string(),
  controller: z.boolean().optional(),
  blockOwnerDeletion: z.boolean().optional(),
});
export type OwnerReference = z.infer<typeof OwnerReference>;

/** managedFields are left out on purpose: the caches strip them. */
export const ObjectMeta = z.object({
  name: z.string(),
  generateName: z.string().optional(),
  namespace: z.string().optional(),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  generation: z.number().optional(),
  creationTimestamp: z.string().optional(),
  deletionTimestamp: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  ownerReferences: z.array(OwnerReference).optional(),
  finalizers: z.array(z.string()).optional(),
});
export type ObjectMeta = z.infer<typeof ObjectMeta>;

/** apiVersion, kind and metadata of a kind: the head that each schema is built on. */
export function head<const K extends string>(kind: K) {
  return { apiVersion: z.string(), kind: z.literal(kind), metadata: ObjectMeta };
}
