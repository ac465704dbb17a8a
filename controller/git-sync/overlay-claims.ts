/**
 * Carries the fields that traffic routers hold from the live object into a manifest. Routers say where by JSON pointers into
 * an object, and positions differ between manifest and live object, so pointers are matched by what they point at. Pure.
 */

import type { Rollout } from '../../crds/schema/rollout.ts';
import { servicesOf } from '../../crds/schema/services-of.ts';
import type { Json } from '../../kube/api.ts';
import type { TrafficRouter } from '../traffic/router.ts';
import { idOf, listAt, type Manifest, objectId, textAt, valueAt, withValueAt } from './objects.ts';

export interface ClaimContext {
  readonly wantedRollouts: readonly Rollout[];
  readonly liveRollouts: readonly Rollout[];
  readonly routers: readonly TrafficRouter[];
}

type Path = readonly (string | number)[];

interface ClaimedField {
  readonly path: Path;
  readonly rollout: Rollout;
}

/** The manifest with every claimed weight as it is live, and with the rules that a router added. */
export function overlayClaims(manifest: Manifest, live: Manifest | undefined, context: ClaimContext): Manifest {
  // A Rollout that is not applied now (a restore leaves the failed one as it is) holds its fields all the same.
  const wanted = claimedFields(manifest, [...context.wantedRollouts, ...context.liveRollouts], context.routers);
  const held = live ? claimedFields(live, [...context.liveRollouts, ...context.wantedRollouts], context.routers) : [];
  let next = manifest;
  for (const field of wanted.filter((one) => !isElement(one.path))) {
    const value = liveValue(field, manifest, live, held) ?? firstValue(field, manifest, context.liveRollouts);
    if (value !== undefined) next = withValueAt(next, field.path, value);
  }
  return live === undefined ? next : withAddedElements(next, live, held);
}

function claimedFields(
  object: Manifest,
  rollouts: readonly Rollout[],
  routers: readonly TrafficRouter[],
): ClaimedField[] {
  const id = objectId(object);
  const fields = new Map<string, ClaimedField>();
  for (const rollout of rollouts) {
    const claims = routers.flatMap((router) =>
      router.claims(rollout, (key) => (idOf(key) === id ? object : undefined)),
    );
    const pointers = claims.filter((one) => idOf(one.object) === id).flatMap((one) => one.pointers);
    for (const pointer of pointers) {
      if (!fields.has(pointer)) fields.set(pointer, { path: parsePointer(pointer), rollout });
    }
  }
  return [...fields.values()];
}

/** RFC 6901: `~1` is `/`, `~0` is `~`; digits index lists. */
function parsePointer(pointer: string): Path {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

/** A claim on a whole list element: a rule that the router added by itself. */
function isElement(path: Path): boolean {
  return typeof path.at(-1) === 'number';
}

/**
 * The live value of the same field: in the element of the same name or position, otherwise in any claimed element that
 * names the same backend (all rules of a Rollout carry one plan, so a rule that is new in the manifest gets it too).
 */
function liveValue(
  field: ClaimedField,
  manifest: Manifest,
  live: Manifest | undefined,
  held: readonly ClaimedField[],
): Json | undefined {
  if (live === undefined) return undefined;
  const exact = pathLabel(field.path, manifest, false);
  const loose = pathLabel(field.path, manifest, true);
  const match =
    held.find((one) => pathLabel(one.path, live, false) === exact) ??
    held.find((one) => pathLabel(one.path, live, true) === loose);
  return match && valueAt(live, match.path);
}

/** Positions become the element's name where it has one; `loose` keeps only the innermost one. */
function pathLabel(path: Path, object: Manifest, loose: boolean): string {
  const last = path.findLastIndex((step) => typeof step === 'number');
  return path
    .map((step, index) => {
      if (typeof step === 'string') return step;
      if (loose && index !== last) return '*';
      return identityOf(valueAt(object, path.slice(0, index + 1))) ?? String(step);
    })
    .join('/');
}

/** What an element of a list is known by: its name, or where it sends requests in the meshes that name no backends. */
function identityOf(element: Json | undefined): string | undefined {
  const host = textAt(element, ['destination', 'host']);
  if (host !== undefined) return `${host}/${textAt(element, ['destination', 'subset']) ?? ''}`;
  return textAt(element, ['name']) ?? textAt(element, ['virtualNodeRef', 'name']);
}

/** The route is new: the weights that the Rollout has now, and before its first release everything on stable. */
function firstValue(field: ClaimedField, manifest: Manifest, liveRollouts: readonly Rollout[]): Json | undefined {
  if (field.path.at(-1) !== 'weight') return undefined;
  const service = textAt(manifest, [...field.path.slice(0, -1), 'name']);
  if (service === undefined) return undefined;
  const running = liveRollouts.find(
    (one) =>
      one.metadata.name === field.rollout.metadata.name && one.metadata.namespace === field.rollout.metadata.namespace,
  );
  const weights = running?.status?.canary?.weights;
  const status = running?.status;
  const { stable, canary } = servicesOf({ spec: field.rollout.spec, ...(status === undefined ? {} : { status }) });
  if (service === stable) return weights?.stable.weight ?? 100;
  return service === canary ? (weights?.canary.weight ?? 0) : undefined;
}

/** The path in `other` of what stands at `path` in `object`: elements that are known by something are found by it. */
function samePlace(path: Path, object: Manifest, other: Manifest): Path {
  return path.reduce<Path>((there, step, index) => {
    const identity = typeof step === 'number' ? identityOf(valueAt(object, path.slice(0, index + 1))) : undefined;
    if (identity === undefined) return [...there, step];
    const at = listAt(other, there).findIndex((item) => identityOf(item) === identity);
    return [...there, at < 0 ? step : at];
  }, []);
}

function withAddedElements(manifest: Manifest, live: Manifest, held: readonly ClaimedField[]): Manifest {
  let next = manifest;
  // Each goes to the front: the last one first, so that they keep their order.
  for (const { path } of held.filter((one) => isElement(one.path)).toReversed()) {
    const listPath = samePlace(path.slice(0, -1), live, next);
    const element = valueAt(live, path);
    const name = identityOf(element);
    const list = listAt(next, listPath);
    const known = list.some((item) => name !== undefined && identityOf(item) === name);
    if (element !== undefined && !known) next = withValueAt(next, listPath, [element, ...list]);
  }
  return next;
}
