/** What the overlay tests compare between two versions of an object. */

import { field } from './app-in-world.ts';
import { app } from './overlay-app.ts';
import type { Live } from './world.ts';

interface Rule {
  readonly matches?: readonly { readonly path?: { readonly value?: string } }[];
  readonly backendRefs?: readonly { readonly name: string; readonly weight?: number }[];
}

function rules(route: Live | undefined): readonly Rule[] {
  return (field(route, 'spec.rules') ?? []) as readonly Rule[];
}

/** Path → `stable/canary` of every rule that names both Services. */
export function weightsByPath(route: Live | undefined): ReadonlyMap<string, string> {
  return new Map(
    rules(route).flatMap((rule) => {
      const weightOf = (name: string) => rule.backendRefs?.find((ref) => ref.name === name)?.weight;
      const [stable, canary] = [weightOf(`${app}-stable`), weightOf(`${app}-canary`)];
      if (stable === undefined || canary === undefined) return [];
      return [[rule.matches?.[0]?.path?.value ?? '', `${stable}/${canary}`] as const];
    }),
  );
}

/** The paths in order, each with its backends' names: what the manifest alone decides. */
export function rulePaths(route: Live | undefined): readonly string[] {
  return rules(route).map((rule) => rule.matches?.[0]?.path?.value ?? '');
}

export function hashSelector(service: Live | undefined): unknown {
  return (field(service, 'spec.selector') as Record<string, string> | undefined)?.['rollouts-pod-template-hash'];
}

export function replicasOf(rollout: Live | undefined): unknown {
  return field(rollout, 'spec.replicas');
}
