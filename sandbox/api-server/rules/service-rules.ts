/** Rules of Services: an address out of 10.96.0.0/16 that is kept for life. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import { services } from '../builtin-shelves.ts';
import type { FieldCause } from '../contract.ts';
import { listAt, merged, numberAt, objectAt, objectsAt, stringAt } from '../json-access.ts';
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
  validate: (service, live) => [...addressCauses(service, live), ...nodePortCauses(service)],
  refuse: (service, context) => [...takenAddress(service, context), ...takenNodePorts(service, context)],
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
    ...(type === 'ClusterIP' ? {} : { ports: withNodePorts(spec, context) }),
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

function addressCauses(service: JsonObject, live: JsonObject | undefined): readonly FieldCause[] {
  const before = listAt(live, 'spec', 'clusterIPs')[0];
  const after = stringAt(service, 'spec', 'clusterIP');
  if (
    live === undefined ||
    before === undefined ||
    after === before ||
    stringAt(service, 'spec', 'type') === 'ExternalName'
  ) {
    return [];
  }
  const message = `Invalid value: ${JSON.stringify([stringAt(service, 'spec', 'clusterIP')])}: may not change once set`;
  return [{ reason: 'FieldValueInvalid', field: 'spec.clusterIPs[0]', message }];
}

/** An address that another Service has. */
function takenAddress(service: JsonObject, context: RuleContext): readonly FieldCause[] {
  const address = stringAt(service, 'spec', 'clusterIP');
  if (address === '' || address === 'None') return [];
  const taken = context.stored(services.shelf, '').some((other) => stringAt(other, 'spec', 'clusterIP') === address);
  if (!taken) return [];
  const message = `Invalid value: ${JSON.stringify([address])}: failed to allocate IP ${address}: provided IP is already allocated`;
  return [{ reason: 'FieldValueInvalid', field: 'spec.clusterIPs', message }];
}

function withNodePorts(spec: JsonObject, context: RuleContext): readonly JsonObject[] {
  return objectsAt(spec, 'ports').map((port) => ({
    ...port,
    nodePort: port.nodePort ?? firstNodePort + Math.floor(context.random() * (lastNodePort + 1 - firstNodePort)),
  }));
}

const firstNodePort = 30_000;
const lastNodePort = 32_767;

function portCause(index: number, nodePort: number, why: string): FieldCause {
  return {
    reason: 'FieldValueInvalid',
    field: `spec.ports[${index}].nodePort`,
    message: `Invalid value: ${nodePort}: ${why}`,
  };
}

/** A real server looks for ports one by one and tells the first that it cannot give. */
function nodePortCauses(service: JsonObject): readonly FieldCause[] {
  const type = stringAt(service, 'spec', 'type');
  const ports = objectsAt(service, 'spec', 'ports').map((port) => numberAt(port, 'nodePort') ?? 0);
  if (type !== 'NodePort' && type !== 'LoadBalancer') {
    const message = `Forbidden: may not be used when \`type\` is '${type}'`;
    return ports.flatMap((nodePort, index) =>
      nodePort === 0 ? [] : [{ reason: 'FieldValueForbidden', field: `spec.ports[${index}].nodePort`, message }],
    );
  }
  const index = ports.findIndex((nodePort) => nodePort !== 0 && (nodePort < firstNodePort || nodePort > lastNodePort));
  const range = `${firstNodePort}-${lastNodePort}`;
  const why = `provided port is not in the valid range. The range of valid ports is ${range}`;
  return index < 0 ? [] : [portCause(index, ports[index] ?? 0, why)];
}

function takenNodePorts(service: JsonObject, context: RuleContext): readonly FieldCause[] {
  const others = context.stored(services.shelf, '').flatMap((other) => objectsAt(other, 'spec', 'ports'));
  const taken = new Set(others.map((port) => numberAt(port, 'nodePort') ?? 0));
  const ports = objectsAt(service, 'spec', 'ports').map((port) => numberAt(port, 'nodePort') ?? 0);
  const index = ports.findIndex((nodePort) => nodePort !== 0 && taken.has(nodePort));
  return index < 0 ? [] : [portCause(index, ports[index] ?? 0, 'provided port is already allocated')];
}
