/** The OpenAPI documents that kubectl reads: for `explain` and to learn that the server validates fields. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import type { KindSchema } from '../contract.ts';

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

/** `/openapi/v3` */
export function openapiV3Index(groups: readonly GroupVersion[]): JsonObject {
  return {
    paths: Object.fromEntries(groups.map((one) => [pathOf(one), { serverRelativeURL: `/openapi/v3/${pathOf(one)}` }])),
  };
}

/** `/openapi/v3/apis/<group>/<version>` or `/openapi/v3/api/v1` */
export function openapiV3(_groupVersion: GroupVersion, _kinds: readonly PublishedKind[]): JsonObject {
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.36.3' },
    paths: {},
    components: { schemas: {} },
  };
}

/** `/openapi/v2` (JSON only): just enough for clients that ask for it. */
export function openapiV2(
  _groups: readonly { readonly groupVersion: GroupVersion; readonly kinds: readonly PublishedKind[] }[],
): JsonObject {
  return { swagger: '2.0', info: { title: 'Kubernetes', version: 'v1.36.3' }, paths: {}, definitions: {} };
}

function pathOf({ group, version }: GroupVersion): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`;
}
