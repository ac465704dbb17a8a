/** Objects whose change outlives a revert: volumes lose data, a CRD takes all its objects with it. Pure. */

import { equalJson, groupOf, type Manifest, objectId } from '../git-sync/objects.ts';
import type { Rendered } from './validate.ts';

const lastingKinds: ReadonlySet<string> = new Set([
  '/PersistentVolumeClaim',
  '/PersistentVolume',
  'apiextensions.k8s.io/CustomResourceDefinition',
]);

/** `Kind name` of what is new, changed or gone between the two commits and is of such a kind. */
export function lastingChanges(good: Pick<Rendered, 'objects'>, bad: Pick<Rendered, 'objects'>): readonly string[] {
  const [before, after] = [lastingOf(good), lastingOf(bad)];
  return [...new Map([...before, ...after]).entries()].flatMap(([id, { kind, metadata }]) =>
    equalJson(before.get(id), after.get(id)) ? [] : [`${kind} ${metadata.name}`],
  );
}

function lastingOf({ objects }: Pick<Rendered, 'objects'>): ReadonlyMap<string, Manifest> {
  const manifests = objects as unknown as readonly Manifest[];
  const lasting = manifests.filter((one) => lastingKinds.has(`${groupOf(one.apiVersion)}/${one.kind}`));
  return new Map(lasting.map((one) => [objectId(one), one]));
}
