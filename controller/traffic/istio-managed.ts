/** Entries that header and mirror steps put in front of a VirtualService's own: Istio takes the first entry that matches. */

import type { StringMatch } from '../../crds/schema/canary-steps.ts';
import type { Json, JsonObject } from '../../kube/api.ts';
import type { Entry, Split, Target } from './istio-objects.ts';
import { isEqual } from './merge-diff.ts';
import type { ManagedRoute } from './router.ts';

/** What managed entries are made of. */
export interface ManagedContext {
  /** Names of managedRoutes in their order. */
  readonly names: readonly string[];
  /** Destinations of the first weighted entry, with the wanted weights. */
  readonly route: readonly Split[];
  /** Its destination of the canary. */
  readonly canary: Target;
}

/** All http entries with the wanted managed ones first, in the order of managedRoutes; entries that are right already are kept. */
export function withManaged(
  entries: readonly Entry[],
  managed: readonly ManagedRoute[],
  context: ManagedContext,
): readonly Entry[] {
  const known = new Set(context.names);
  const place = (name: string) => {
    const at = context.names.indexOf(name);
    return at < 0 ? context.names.length : at;
  };
  const wanted = [...managed].sort((a, b) => place(a.name) - place(b.name));
  const first = wanted.map((route) => {
    const entry = managedEntry(route, context);
    const old = entries.find((one) => one.name === route.name);
    return isEqual(old as unknown as Json, entry as unknown as Json) ? (old as Entry) : entry;
  });
  const names = new Set([...known, ...managed.map((one) => one.name)]);
  return [...first, ...entries.filter((one) => !names.has(one.name ?? ''))];
}

function managedEntry(route: ManagedRoute, { canary, route: split }: ManagedContext): Entry {
  switch (route.kind) {
    case 'header': {
      const match = route.match.map((one) => ({ headers: headerMatch(one.headerName, one.headerValue) }));
      return entryOf({ name: route.name, match, route: [{ destination: canary, weight: 100 }] });
    }
    case 'mirror': {
      const match = route.match.map(({ method, path, headers }) => ({
        ...(method === undefined ? {} : { method: textMatch(method) }),
        ...(path === undefined ? {} : { uri: textMatch(path) }),
        ...(headers === undefined ? {} : { headers: allHeaders(headers) }),
      }));
      const mirrorPercentage = { value: route.percentage };
      return entryOf({ name: route.name, match, route: split, mirror: canary, mirrorPercentage });
    }
  }
}

function entryOf(entry: object): Entry {
  return entry as Entry;
}

/** Istio wants names of headers in lower case; no value at all asks for presence only. */
function headerMatch(name: string, value: StringMatch | undefined): JsonObject {
  return { [name.toLowerCase()]: textMatch(value ?? {}) };
}

function allHeaders(headers: Readonly<Record<string, StringMatch>>): JsonObject {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), textMatch(value)]));
}

function textMatch(match: StringMatch): JsonObject {
  const set = (['exact', 'prefix', 'regex'] as const).filter((name) => match[name]);
  return Object.fromEntries(set.map((name) => [name, match[name]]));
}
