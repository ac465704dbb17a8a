/** The rows of Services, Nodes and the kinds that hold data. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import { listAt, nameOf, numberAt, objectAt, objectsAt, stringAt, textOf } from '../json-access.ts';
import type { Cell } from '../served-kind.ts';
import { ageOf } from './age.ts';
import { orNone } from './pod-cells.ts';

function created(object: JsonObject, now: number): string {
  return ageOf(stringAt(object, 'metadata', 'creationTimestamp'), now);
}

function count(object: JsonObject, key: string): number {
  return Object.keys(objectAt(object, key)).length;
}

export function configMapCells(map: JsonObject, now: number): readonly Cell[] {
  return [count(map, 'data') + count(map, 'binaryData'), created(map, now)];
}

export function secretCells(secret: JsonObject, now: number): readonly Cell[] {
  return [stringAt(secret, 'type'), count(secret, 'data'), created(secret, now)];
}

export function namespaceCells(namespace: JsonObject, now: number): readonly Cell[] {
  return [stringAt(namespace, 'status', 'phase'), created(namespace, now)];
}

export function leaseCells(lease: JsonObject, now: number): readonly Cell[] {
  return [stringAt(lease, 'spec', 'holderIdentity'), created(lease, now)];
}

export function nodeCells(node: JsonObject, now: number): readonly Cell[] {
  const info = objectAt(node, 'status', 'nodeInfo');
  const address = (type: string): string =>
    orNone(
      stringAt(
        objectsAt(node, 'status', 'addresses').find((one) => one.type === type),
        'address',
      ),
    );
  return [
    nodeStatus(node),
    orNone(rolesOf(node).join(',')),
    created(node, now),
    stringAt(info, 'kubeletVersion'),
    address('InternalIP'),
    address('ExternalIP'),
    stringAt(info, 'osImage') || '<unknown>',
    stringAt(info, 'kernelVersion') || '<unknown>',
    stringAt(info, 'containerRuntimeVersion') || '<unknown>',
  ];
}

function nodeStatus(node: JsonObject): string {
  const ready = objectsAt(node, 'status', 'conditions').find((one) => one.type === 'Ready');
  const word = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return objectAt(node, 'spec').unschedulable === true ? `${word},SchedulingDisabled` : word;
}

const rolePrefix = 'node-role.kubernetes.io/';

function rolesOf(node: JsonObject): readonly string[] {
  const labels = Object.entries(objectAt(node, 'metadata', 'labels'));
  const roles = labels.flatMap(([key, value]) => {
    if (key.startsWith(rolePrefix) && key !== rolePrefix) return [key.slice(rolePrefix.length)];
    return key === 'kubernetes.io/role' && textOf(value) !== '' ? [textOf(value)] : [];
  });
  return [...new Set(roles)].sort();
}

export function serviceCells(service: JsonObject, now: number): readonly Cell[] {
  const spec = objectAt(service, 'spec');
  const selector = Object.entries(objectAt(spec, 'selector')).map(([key, value]) => `${key}=${textOf(value)}`);
  return [
    stringAt(spec, 'type'),
    orNone(stringAt(spec, 'clusterIP')),
    externalAddress(service),
    orNone(objectsAt(spec, 'ports').map(portText).join(',')),
    created(service, now),
    orNone(selector.sort().join(',')),
  ];
}

function externalAddress(service: JsonObject): string {
  const spec = objectAt(service, 'spec');
  const addresses = listAt(spec, 'externalIPs').map(textOf);
  switch (stringAt(spec, 'type')) {
    case 'ExternalName':
      return orNone(stringAt(spec, 'externalName'));
    case 'LoadBalancer': {
      const ingress = objectsAt(service, 'status', 'loadBalancer', 'ingress').map(
        (one) => stringAt(one, 'ip') || stringAt(one, 'hostname'),
      );
      return [...ingress, ...addresses].join(',') || '<pending>';
    }
    default:
      return orNone(addresses.join(','));
  }
}

function portText(port: JsonObject): string {
  const nodePort = numberAt(port, 'nodePort') ?? 0;
  const number = numberAt(port, 'port') ?? 0;
  return `${nodePort > 0 ? `${number}:${nodePort}` : number}/${stringAt(port, 'protocol') || 'TCP'}`;
}

export function endpointSliceCells(slice: JsonObject, now: number): readonly Cell[] {
  const ports = objectsAt(slice, 'ports').map((port) => textOf(port.port) || '*');
  const addresses = objectsAt(slice, 'endpoints').flatMap((endpoint) => listAt(endpoint, 'addresses').map(textOf));
  return [stringAt(slice, 'addressType'), firstThree(ports), firstThree(addresses), created(slice, now)];
}

function firstThree(texts: readonly string[]): string {
  if (texts.length === 0) return '<unset>';
  const more = texts.length > 3 ? ` + ${texts.length - 3} more...` : '';
  return `${texts.slice(0, 3).join(',')}${more}`;
}

const modes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

export function claimCells(claim: JsonObject, now: number): readonly Cell[] {
  const bound = stringAt(claim, 'spec', 'volumeName') !== '';
  const ending = objectAt(claim, 'metadata').deletionTimestamp !== undefined;
  return [
    ending ? 'Terminating' : stringAt(claim, 'status', 'phase'),
    stringAt(claim, 'spec', 'volumeName'),
    bound ? textOf(objectAt(claim, 'status', 'capacity').storage) : '',
    bound
      ? listAt(claim, 'status', 'accessModes')
          .map((mode) => modes[textOf(mode)] ?? textOf(mode))
          .join(',')
      : '',
    stringAt(claim, 'spec', 'storageClassName'),
    stringAt(claim, 'spec', 'volumeAttributesClassName') || '<unset>',
    created(claim, now),
    stringAt(claim, 'spec', 'volumeMode') || '<unset>',
  ];
}

export function bindingCells(binding: JsonObject, now: number): readonly Cell[] {
  const subjects = objectsAt(binding, 'subjects');
  const of = (kind: string): string =>
    subjects
      .filter((one) => one.kind === kind)
      .map((one) =>
        kind === 'ServiceAccount' ? `${stringAt(one, 'namespace')}/${stringAt(one, 'name')}` : stringAt(one, 'name'),
      )
      .join(', ');
  const role = objectAt(binding, 'roleRef');
  const title = `${stringAt(role, 'kind')}/${stringAt(role, 'name')}`;
  return [title, created(binding, now), of('User'), of('Group'), nameOf(binding) === '' ? '' : of('ServiceAccount')];
}
