/**
 * The name of a pod template: equal templates give the same short text, others almost surely another. Pure.
 */

import type { Json, JsonObject } from '../../../kube/api.ts';
import { objectOf } from '../views.ts';
import { hashLabel } from './view.ts';

/** Without vowels and look-alikes, so that no words come out. */
const letters = 'bcdfghjklmnpqrstvwxz2456789';

/** `collisions`: how often the same text came out for another template. */
export function templateHash(template: JsonObject, collisions: number): string {
  const text = canonical(template) + (collisions === 0 ? '' : `#${collisions}`);
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return Array.from(String(hash), (digit) => letters[digit.charCodeAt(0) % letters.length]).join('');
}

/** Whether a ReplicaSet's template is the Deployment's, its hash label aside. */
export function sameTemplate(a: JsonObject, b: JsonObject): boolean {
  return canonical(withoutHash(a)) === canonical(withoutHash(b));
}

function withoutHash(template: JsonObject): JsonObject {
  const metadata = objectOf(template, 'metadata');
  const { [hashLabel]: _hash, ...labels } = objectOf(metadata, 'labels');
  return { ...template, metadata: { ...metadata, labels } };
}

/** Fields in order, what is empty left out. */
function canonical(value: Json): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (part === null) return undefined;
    if (typeof part !== 'object' || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}
