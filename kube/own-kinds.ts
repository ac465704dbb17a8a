/**
 * Our own kinds as served kinds, so that discovery need not be asked about CRDs that Tidegate itself installs. Kinds under
 * another project's group are left to discovery: what its CRDs serve is not ours to say.
 */

import { type Dialect, ownGroup } from '../crds/schema/dialect.ts';
import type { KindDefinition } from '../crds/schema/kinds.ts';
import type { ServedKind } from './api.ts';

type Definition = Pick<KindDefinition, 'kind' | 'plural' | 'scope' | 'ownGroup' | 'hasStatus' | 'hasScale'>;

/** For `discovery(transport, { known: ownKinds(kinds, dialect) })`. */
export function ownKinds(definitions: readonly Definition[], dialect: Dialect): readonly ServedKind[] {
  return definitions
    .filter((one) => one.ownGroup || dialect.group === ownGroup)
    .map((one) => ({
      group: ownGroup,
      version: 'v1alpha1',
      kind: one.kind,
      plural: one.plural,
      namespaced: one.scope === 'Namespaced',
      subresources: new Set([...(one.hasStatus(dialect) ? ['status'] : []), ...(one.hasScale ? ['scale'] : [])]),
    }));
}
