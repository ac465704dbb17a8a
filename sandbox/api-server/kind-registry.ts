/** Which kinds are served now: the builtin ones and those of established CustomResourceDefinitions. */

import type { JsonObject } from '../../crds/schema/json.ts';
import { builtinKinds } from './builtin-kinds.ts';
import { customKinds } from './custom-kinds.ts';
import { nameOf } from './json-access.ts';
import type { ServedKind } from './served-kind.ts';

export interface KindRegistry {
  /** By path: group, version and plural. */
  resource(group: string, version: string, plural: string): ServedKind | undefined;
  ofKind(group: string, version: string, kind: string): ServedKind | undefined;
  isCustomGroup(group: string): boolean;
  hasVersion(group: string, version: string): boolean;
  /** In the order of discovery. */
  all(): readonly ServedKind[];
  /** Serves what a definition says, in place of what it said before. */
  install(definition: JsonObject): void;
  remove(definitionName: string): void;
}

export function kindRegistry(): KindRegistry {
  const builtin = builtinKinds();
  const custom = new Map<string, readonly ServedKind[]>();
  let byResource = new Map<string, ServedKind>();
  let byKind = new Map<string, ServedKind>();
  let versions = new Set<string>();
  let everything: readonly ServedKind[] = [];
  const index = (): void => {
    everything = [...builtin, ...[...custom.values()].flat()];
    byResource = new Map(everything.map((kind) => [`${kind.group}/${kind.version}/${kind.plural}`, kind]));
    byKind = new Map(everything.map((kind) => [`${kind.group}/${kind.version}/${kind.kind}`, kind]));
    versions = new Set(everything.map((kind) => `${kind.group}/${kind.version}`));
    for (const fixed of ['authentication.k8s.io/v1', 'authorization.k8s.io/v1']) versions.add(fixed);
  };
  index();
  return {
    resource: (group, version, plural) => byResource.get(`${group}/${version}/${plural}`),
    ofKind: (group, version, kind) => byKind.get(`${group}/${version}/${kind}`),
    isCustomGroup: (group) => everything.some((kind) => kind.group === group && kind.schema.custom),
    hasVersion: (group, version) => versions.has(`${group}/${version}`),
    all: () => everything,
    install(definition) {
      custom.set(nameOf(definition), customKinds(definition));
      index();
    },
    remove(definitionName) {
      custom.delete(definitionName);
      index();
    },
  };
}
