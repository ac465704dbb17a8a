/** Tables for people: the columns of a kind and a row of cells for each object. */

import type { Json, JsonObject } from '../../../crds/schema/json.ts';
import { metadataOf } from '../json-access.ts';
import type { ServedKind } from '../served-kind.ts';

export interface TableOptions {
  readonly now: number;
  readonly includeObject: string;
  /** Of meta.k8s.io. */
  readonly metaVersion: string;
  /** False in the later lines of a watch. */
  readonly columns: boolean;
}

export function tableOf(
  kind: ServedKind,
  objects: readonly JsonObject[],
  metadata: JsonObject,
  options: TableOptions,
): JsonObject {
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.metaVersion}`,
    metadata,
    columnDefinitions: options.columns ? kind.printer.columns.map((column) => ({ ...column })) : null,
    rows: objects.map((object) => rowOf(kind, object, options)),
  };
}

function rowOf({ printer }: ServedKind, object: JsonObject, options: TableOptions): JsonObject {
  const conditions = printer.conditions?.(object) ?? [];
  return {
    cells: printer.cells(object, options.now),
    ...(conditions.length === 0 ? {} : { conditions }),
    object: rowObject(object, options),
  };
}

function rowObject(object: JsonObject, { includeObject, metaVersion }: TableOptions): Json {
  if (includeObject === 'None') return null;
  if (includeObject === 'Object') return object;
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${metaVersion}`, metadata: metadataOf(object) };
}
