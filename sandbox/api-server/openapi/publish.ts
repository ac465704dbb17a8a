/** The OpenAPI documents that kubectl reads: for `explain`, and to learn that the server validates fields. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import type { KindSchema } from '../contract.ts';
import { componentsOf } from './components.ts';
import { pathsOf } from './paths.ts';

export interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

export interface PublishedKind {
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly schema: KindSchema;
}

const info = { title: 'Kubernetes', version: '1.36' };

/** `/openapi/v3` */
export function openapiV3Index(groups: readonly GroupVersion[]): JsonObject {
  return {
    paths: Object.fromEntries(groups.map((one) => [pathOf(one), { serverRelativeURL: `/openapi/v3/${pathOf(one)}` }])),
  };
}

/** `/openapi/v3/apis/<group>/<version>` or `/openapi/v3/api/v1` */
export function openapiV3(groupVersion: GroupVersion, kinds: readonly PublishedKind[]): JsonObject {
  return {
    openapi: '3.0.0',
    info,
    paths: pathsOf(`/${pathOf(groupVersion)}`, groupVersion, kinds),
    components: { schemas: componentsOf(groupVersion, kinds) },
  };
}

/** `/openapi/v2` (JSON only): empty, since clients of today read version 3, and only look whether this is there. */
export function openapiV2(
  _groups: readonly { readonly groupVersion: GroupVersion; readonly kinds: readonly PublishedKind[] }[],
): JsonObject {
  return { swagger: '2.0', info, paths: {}, definitions: {} };
}

function pathOf({ group, version }: GroupVersion): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`;
}
