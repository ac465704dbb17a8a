/** Under which hash a pod template is known: its own, or that of a ReplicaSet that was made from a template which means the same. */

import type { JsonObject } from '../../crds/schema/json.ts';
import type { Keys } from '../../crds/schema/keys.ts';
import type { ReplicaSetView } from './observed.ts';
import { revisionOf } from './replica-sets.ts';
import { templateIdentity } from './template-identity.ts';

export interface KnownRevisionInput {
  /** Hash of the template as it stands in the Rollout. */
  readonly podHash: string;
  readonly template: JsonObject;
  readonly replicaSets: readonly ReplicaSetView[];
  readonly keys: Keys;
  /** Digest of an identity, the same that the ReplicaSet views hold. */
  readonly digest: (identity: string) => string;
}

/**
 * The lookup of argo-rollouts.md 2.1: a ReplicaSet with the own hash, else the newest whose template means the same, which
 * also finds those that were named by an older hash. Never an experiment's. So neither a takeover nor an undo restarts pods.
 */
export function knownRevision({ podHash, template, replicaSets, keys, digest }: KnownRevisionInput): string {
  if (replicaSets.some((set) => set.podHash === podHash)) return podHash;
  const others = replicaSets.filter((set) => set.podHash !== '' && set.templateDigest !== undefined);
  if (others.length === 0) return podHash;
  const own = digest(templateIdentity(template, keys));
  const same = others.filter((set) => set.templateDigest === own);
  const newest = same.toSorted((one, other) => revisionOf(other, keys) - revisionOf(one, keys))[0];
  return newest?.podHash ?? podHash;
}
