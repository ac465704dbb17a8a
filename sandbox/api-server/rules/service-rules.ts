/** Rules of Services: an address out of 10.96.0.0/16 that is kept for life. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import { services } from '../builtin-shelves.ts';
import { listAt, merged, objectAt, stringAt } from '../json-access.ts';
import { type KindRules, plainRules, type RuleContext } from '../kind-rules.ts';

export const serviceRules: KindRules = {
  ...plainRules,
  nameRule: 'label',
  createOnUpdate: true,
  returnsDeleted: true,
  selectable: {
    'spec.clusterIP': (service) => stringAt(service, 'spec', 'clusterIP'),
    'spec.type': (service) => stringAt(service, 'spec', 'type'),
  },
  unsupportedField: (field) => `field label not supported: ${field}`,
  create: (service, context) => ({ ...service, spec: withAddress(service, context), status: { loadBalancer: {} } }),
  update: keepAddress,
};

function withAddress(service: JsonObject, context: RuleContext): JsonObject {
  const spec = objectAt(service, 'spec');
  const type = stringAt(spec, 'type') || 'ClusterIP';
  if (type === 'ExternalName') return spec;
  const asked = stringAt(spec, 'clusterIP') || (listAt(spec, 'clusterIPs')[0] ?? '');
  const clusterIP = asked === '' ? freeAddress(context) : asked;
  return {
    ...spec,
    clusterIP,
    clusterIPs: [clusterIP],
    type,
    sessionAffinity: spec.sessionAffinity ?? 'None',
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: spec.ipFamilyPolicy ?? 'SingleStack',
    internalTrafficPolicy: spec.internalTrafficPolicy ?? 'Cluster',
  };
}

/** 10.96.0.1 belongs to the API server; the lower addresses are left to those who ask for them. */
function freeAddress(context: RuleContext): string {
  const taken = new Set(context.stored(services.shelf, '').map((service) => stringAt(service, 'spec', 'clusterIP')));
  for (;;) {
    const at = 256 + Math.floor(context.random() * (65_536 - 257));
    const address = `10.96.${at >> 8}.${at & 255}`;
    if (!taken.has(address)) return address;
  }
}

/** A PUT without the address keeps it. */
function keepAddress(service: JsonObject, live: JsonObject): JsonObject {
  const old = objectAt(live, 'spec');
  const spec = objectAt(service, 'spec');
  const kept: Record<string, JsonObject[string]> = {};
  for (const key of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const) {
    if (spec[key] === undefined || spec[key] === '') kept[key] = old[key];
  }
  return Object.keys(kept).length === 0 ? service : { ...service, spec: merged(spec, kept) };
}
