/** Rules of namespaces: their own finalizer in the spec, their phase, the label with their name. */

import { nameOf, objectAt, stringAt, withMetadata } from '../json-access.ts';
import { type KindRules, plainRules } from '../kind-rules.ts';

const nameLabel = 'kubernetes.io/metadata.name';

export const namespaceRules: KindRules = {
  ...plainRules,
  nameRule: 'label',
  selectable: {
    name: nameOf,
    'status.phase': (namespace) => stringAt(namespace, 'status', 'phase'),
  },
  unsupportedField: (field) => `field label not supported: ${field}`,
  defaults: withNameLabel,
  create: (namespace) => ({
    ...namespace,
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  }),
  // A generated name is known only now; a label with it is nobody's.
  complete: withNameLabel,
  update: (namespace, live) => ({ ...withNameLabel(namespace), spec: live.spec }),
};

function withNameLabel(namespace: Parameters<typeof nameOf>[0]): typeof namespace {
  const labels = objectAt(namespace, 'metadata', 'labels');
  const name = nameOf(namespace);
  if (name === '' || labels[nameLabel] === name) return namespace;
  return withMetadata(namespace, { labels: { ...labels, [nameLabel]: name } });
}
