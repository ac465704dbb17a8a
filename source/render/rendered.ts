/** What one way of rendering hands over: the objects, and exactly which files they were made from. */
import type { JsonObject } from '../../crds/schema/json.ts';
import type { RenderProblem } from '../contract.ts';
import type { TreeEntry } from '../tree.ts';

export type Rendered =
  | {
      readonly kind: 'ok';
      readonly renderer: string;
      readonly objects: readonly JsonObject[];
      readonly inputs: readonly TreeEntry[];
    }
  | { readonly kind: 'invalid'; readonly problems: readonly RenderProblem[] };
