/**
 * Part of S15: what an object says, and whether it comes back to what it said by own writes while nobody else wrote anything and
 * nothing was pushed. Sizes, selectors and weights have an intent of their own and are not followed here, nor is the status of a
 * Rollout.
 */

import { isJsonObject, type Json, type JsonObject } from '../../../crds/schema/json.ts';
import type { Commit } from '../../../sandbox/api-server/contract.ts';
import type { Say } from './invariant.ts';
import { canonical, listOf, objectOf, valueAt } from './read-json.ts';
import { uidOf } from './rollout-view.ts';

const times: ReadonlySet<string> = new Set(['lastUpdateTime', 'lastTransitionTime']);
const bookkeeping: ReadonlySet<string> = new Set(['resourceVersion', 'generation', 'managedFields']);
const followedElsewhere: ReadonlySet<string> = new Set(['ReplicaSet', 'Service', 'HTTPRoute']);
const instant = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

/** Without times of conditions. */
export function plain(value: Json | undefined): Json | undefined {
  return without(value, (key) => times.has(key));
}

function without(value: Json | undefined, isLeftOut: (key: string, value: Json | undefined) => boolean) {
  const kept = (one: Json | undefined): Json | undefined => {
    if (Array.isArray(one)) return (one as readonly Json[]).map((element) => kept(element) ?? null);
    if (!isJsonObject(one)) return one;
    const entries = Object.entries(one).filter(([key, field]) => !isLeftOut(key, field));
    return Object.fromEntries(entries.map(([key, field]) => [key, kept(field)]));
  };
  return kept(value);
}

/** All of an object but times and what the API server itself keeps. */
export function content(object: JsonObject): string {
  const metadata = Object.entries(objectOf(object, 'metadata')).filter(([key]) => !bookkeeping.has(key));
  return canonical(plain({ ...object, metadata: Object.fromEntries(metadata) }));
}

interface Part {
  readonly name: string;
  /** How often it may come back. */
  readonly returns: number;
  readonly of: (object: JsonObject) => string;
}

const parts: readonly Part[] = [
  { name: 'content', returns: 0, of: (object) => content({ ...object, status: {} }) },
  // A repository or an API that fails and recovers leaves no commit, so a status may come back once.
  { name: 'status', returns: 1, of: (object) => canonical(timeless(valueAt(object, 'status'))) },
];
const partsOfRollout: readonly Part[] = [
  { name: 'spec', returns: 0, of: (object) => canonical(valueAt(object, 'spec')) },
];

function timeless(status: Json | undefined): Json | undefined {
  return without(status, (_key, value) => typeof value === 'string' && instant.test(value));
}

export interface ContentTrails {
  /** Somebody else did something: everything may have a cause now. */
  forget(): void;
  /** An own commit. */
  follow(commit: Commit, say: Say): void;
}

export function contentTrails(): ContentTrails {
  const trails = new Map<string, readonly string[]>();
  return {
    forget: () => trails.clear(),
    follow({ kind, namespace, name, before, after }, say) {
      if (before === undefined || after === undefined || followedElsewhere.has(kind)) return;
      if (isSourceAway(before) || isSourceAway(after)) return trails.clear();
      for (const part of kind === 'Rollout' ? partsOfRollout : parts) {
        const [was, is] = [part.of(before), part.of(after)];
        if (was === is) continue;
        const key = `${uidOf(after)} ${part.name}`;
        const known = trails.get(key) ?? [was];
        if (known.filter((one) => one === is).length > part.returns)
          say(`the ${part.name} of ${kind} ${namespace}/${name} came back to what it was by own writes alone`);
        trails.set(key, [...known, is]);
      }
    },
  };
}

/** The repository comes and goes by itself. */
function isSourceAway(object: JsonObject): boolean {
  return listOf(object, 'status', 'conditions').some(
    (one) => one['type'] === 'SourceReachable' && one['status'] !== 'True',
  );
}
