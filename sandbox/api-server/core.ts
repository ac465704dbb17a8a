/** What every part of the server works with, and a write as the parts see it. */

import type { JsonObject } from '../../crds/schema/json.ts';
import type { Commit, Caller, ServerClock } from './contract.ts';
import type { KindRegistry } from './kind-registry.ts';
import type { RuleContext } from './kind-rules.ts';
import type { ServedKind } from './served-kind.ts';
import type { Draft, Store } from './store.ts';
import type { Tokens } from './tokens.ts';

export interface Core {
  readonly store: Store;
  readonly kinds: KindRegistry;
  readonly tokens: Tokens;
  readonly clock: ServerClock;
  readonly random: () => number;
}

/** The object or collection that a path names. `name` is '' for a collection, `subresource` for the object itself. */
export interface Target {
  readonly kind: ServedKind;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
}

/** One write on its way: who, what, and how. `warnings` collects what the reply's headers say. */
export interface Write {
  readonly core: Core;
  readonly target: Target;
  readonly caller: Caller;
  readonly verb: Commit['verb'];
  readonly dryRun: boolean;
  readonly fieldManager: string;
  readonly fieldValidation: 'Strict' | 'Warn' | 'Ignore';
  readonly warnings: string[];
  /** Why the body could not be parsed. */
  readonly unreadable?: string | undefined;
  /** Fields that the body had twice. */
  readonly duplicates: readonly string[];
}

/** The server's own writes. */
export function ownWrite(verb: Commit['verb']): Omit<Write, 'core' | 'target'> {
  return {
    caller: { user: 'system:apiserver', userAgent: 'kube-apiserver' },
    verb,
    dryRun: false,
    fieldManager: 'kube-apiserver',
    fieldValidation: 'Ignore',
    warnings: [],
    duplicates: [],
  };
}

/** Commits, or with dryRun only pretends: the object comes back without a new resourceVersion. */
export function commit(write: Write, name: string, after: JsonObject | undefined, verb = write.verb): JsonObject {
  const { core, target } = write;
  const draft = draftOf(write, name, after === undefined ? undefined : (target.kind.toStorage?.(after) ?? after), verb);
  if (!write.dryRun) return core.store.commit(draft);
  return after ?? core.store.get(target.kind.shelf, target.namespace, name) ?? {};
}

function draftOf(write: Write, name: string, after: JsonObject | undefined, verb: Commit['verb']): Draft {
  const { kind, namespace, subresource } = write.target;
  return {
    shelf: kind.shelf,
    caller: write.caller,
    verb,
    subresource,
    fieldManager: write.fieldManager,
    group: kind.group,
    version: kind.version,
    kind: kind.kind,
    resource: kind.plural,
    namespace,
    name,
    after,
  };
}

export function ruleContext(core: Core): RuleContext {
  return {
    now: core.clock.now(),
    random: core.random,
    stored: (shelf, namespace) => core.store.list(shelf, namespace),
  };
}

/** RFC 3339 with whole seconds, as metadata has it. */
export function timestamp(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}
