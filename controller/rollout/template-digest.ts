/** A short text that stands for a pod template in the caches: equal when the templates mean the same. */

import { createHash } from 'node:crypto';
import { type JsonObject, objectIn, textAt } from '../../crds/schema/json.ts';
import type { Keys } from '../../crds/schema/keys.ts';
import { templateIdentity } from './template-identity.ts';

export function digestOf(identity: string): string {
  return createHash('sha256').update(identity).digest('base64').slice(0, 22);
}

/** Of the template of a ReplicaSet as the API server has it. */
export function templateDigest(raw: JsonObject, keys: Keys): string {
  const template = objectIn(objectIn(raw.spec).template);
  const annotations = objectIn(objectIn(raw.metadata).annotations);
  return digestOf(templateIdentity(template, keys, textAt(annotations, keys.ephemeralMetadata)));
}
