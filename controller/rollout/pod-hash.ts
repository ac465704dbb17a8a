/**
 * The pod template hash: the same text that Argo Rollouts and Kubernetes compute, so that ReplicaSets made by
 * either are found again. 32-bit FNV-1a over Go's JSON of the PodTemplateSpec, written in the safe alphabet.
 */

import type { Json, JsonObject } from '../../crds/schema/json.ts';
import { canonicalJson, podTemplateJson, stepsJson } from './pod-hash-json.ts';

const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
const fnvOffset = 0x811c9dc5;
const fnvPrime = 0x01000193;

/**
 * Hash of a pod template, for the label `rollouts-pod-template-hash` and ReplicaSet names.
 * A given `collisionCount` (also 0) is mixed in as 8 little-endian bytes; absent means none (argo-rollouts.md 2.1).
 * Total: a template that Kubernetes would refuse gets a stable hash too, so that refusing it stays the caller's step.
 */
export function podTemplateHash(template: JsonObject, collisionCount?: number): string {
  const text = new TextEncoder().encode(podTemplateJson(template));
  let sum = fnv1a(fnvOffset, text);
  if (collisionCount !== undefined) sum = fnv1a(sum, countBytes(collisionCount));
  return safeEncode(sum);
}

/**
 * Hash of the steps, for `status.currentStepHash` in tidegate.io: over canonical JSON (sorted keys), so that it changes with
 * nothing but the plan.
 */
export function stepHash(steps: Json | undefined): string {
  return textHash(canonicalJson(steps ?? null));
}

/**
 * The same as Argo Rollouts computes it (argo-rollouts.md 2.1): over Go's JSON of its steps, so that a rollout under way goes
 * from one controller to the other without starting its plan over. `steps` as they stand in the manifest.
 */
export function argoStepHash(steps: Json | undefined): string {
  return textHash(stepsJson(steps));
}

function textHash(text: string): string {
  return safeEncode(fnv1a(fnvOffset, new TextEncoder().encode(text)));
}

function fnv1a(start: number, bytes: Uint8Array): number {
  let sum = start;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, fnvPrime) >>> 0;
  return sum;
}

function countBytes(count: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setUint32(0, count >>> 0, true);
  return bytes;
}

function safeEncode(sum: number): string {
  return Array.from(String(sum), (digit) => alphabet.charAt(digit.charCodeAt(0) % alphabet.length)).join('');
}
