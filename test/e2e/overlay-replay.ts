/** Applies manifests to every recorded version, also to those that came and went between two looks of the real GitSync. */

import { loadAll } from 'js-yaml';
import { overlay, type OverlayContext } from '../../controller/git-sync/overlay.ts';
import type { Manifest } from '../../controller/git-sync/objects.ts';
import { asRollout } from '../../controller/git-sync/rollout-state.ts';
import { gatewayApi } from '../../controller/traffic/gateway-api.ts';
import type { Version, Versions } from './overlay-versions.ts';
import { type Kind, type Live, namespace } from './world.ts';

export interface Replayed {
  readonly at: string;
  readonly before: Live;
  readonly result: Live;
}

/** What applying the manifest of the same name would have stored at each version of the kind, with the Rollouts of that moment. */
export function replay(
  files: Readonly<Record<string, string>>,
  versions: Versions,
  kind: Kind,
  restoring: boolean,
): readonly Replayed[] {
  const manifests = Object.values(files)
    .flatMap((text) => loadAll(text) as Manifest[])
    .map((one) => ({ ...one, metadata: { ...one.metadata, namespace } }) as Manifest);
  return versions.of(kind).flatMap((version): Replayed[] => {
    const manifest = manifests.find((one) => one.kind === kind && one.metadata.name === version.name);
    if (manifest === undefined || version.deleted) return [];
    const live = version.object as unknown as Manifest;
    const result = overlay(manifest, live, contextAt(version, versions, manifests, restoring));
    const at = `${kind} ${version.name} at ${version.resourceVersion}`;
    return [{ at, before: version.object, result: result as unknown as Live }];
  });
}

/** A restore leaves out the Rollout that failed, which is there then. */
function contextAt(
  version: Version,
  versions: Versions,
  manifests: readonly Manifest[],
  restoring: boolean,
): OverlayContext {
  const live = versions.of('Rollout').findLast((one) => BigInt(one.resourceVersion) <= BigInt(version.resourceVersion));
  const wanted = restoring && live !== undefined ? [] : manifests.filter((one) => one.kind === 'Rollout');
  return {
    hashLabel: 'rollouts-pod-template-hash',
    wantedRollouts: wanted.map(asRollout),
    liveRollouts: live === undefined ? [] : [asRollout(live.object as unknown as Manifest)],
    routers: [gatewayApi],
    autoscaled: new Set(versions.of('Rollout').map((one) => `tidegate.io/Rollout/${namespace}/${one.name}`)),
    keepCapacity: restoring,
  };
}
