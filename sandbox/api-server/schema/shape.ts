/** What is known of a builtin type: which fields it has, of what types, and how the server writes empty ones. */

import type { Json } from '../../../crds/schema/json.ts';

export type Shape = ScalarShape | ListShape | MapShape | StructShape;

export interface ScalarShape {
  readonly kind: 'string' | 'integer' | 'number' | 'boolean' | 'int-or-string' | 'quantity' | 'time' | 'bytes' | 'any';
  /** As Go calls it in errors. */
  readonly goType: string;
}

export interface ListShape {
  readonly kind: 'list';
  readonly item: Shape;
  readonly listType: 'atomic' | 'set' | 'map';
  readonly keys: readonly string[];
}

export interface MapShape {
  readonly kind: 'map';
  readonly value: Shape;
  readonly atomic: boolean;
}

export interface StructShape {
  readonly kind: 'struct';
  /** `v1.PodSpec` */
  readonly goType: string;
  readonly atomic: boolean;
  readonly fields: Readonly<Record<string, Field>>;
  /** Names of the fields that are written even when they are empty. */
  readonly always: readonly string[];
}

/** A step on the way to a value. */
export interface Step {
  readonly kind: 'field' | 'key' | 'index';
  readonly name: string | number;
}

export interface Field {
  readonly step: Step;
  readonly shape: Shape;
  /** What stands there when nothing was given: `{}` for plain structs, null for required lists; undefined: left out. */
  readonly empty?: Json;
  /** An empty text, 0 or false is left out. */
  readonly dropsZero: boolean;
  /** The key's default in lists of maps, such as protocol TCP. */
  readonly keyDefault?: Json;
}
