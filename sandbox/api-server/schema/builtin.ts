/** The schemas of the builtin kinds that the sandbox serves. */

import type { KindSchema } from '../contract.ts';
import { openSchema } from './open.ts';

/** Undefined for kinds that are not served. `group` is '' for core. */
export function builtinSchema(group: string, version: string, kind: string): KindSchema | undefined {
  return openSchema({ group, version, kind });
}
