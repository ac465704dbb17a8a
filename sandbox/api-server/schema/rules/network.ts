/** What a server checks of Services and EndpointSlices. */

import { type JsonObject, textAt } from '../../../../crds/schema/json.ts';
import type { FieldCause } from '../../contract.ts';
import { duplicate, invalidValue, notSupported, required } from '../field-cause.ts';
import { addressFamily, addressRange } from './addresses.ts';
import { part, parts, texts } from './reading.ts';
import { dnsLabel, dnsSubdomain, labels, portName, portNumber, portNumberOrName } from './texts.ts';

const protocols = ['SCTP', 'TCP', 'UDP'];
const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];

export function serviceCauses(service: JsonObject, old: JsonObject | undefined): readonly FieldCause[] {
  if (old !== undefined && old['spec'] === service['spec']) return [];
  const spec = part(service, 'spec');
  const ports = parts(spec, 'ports');
  const type = textAt(spec, 'type');
  const isHeadless = spec['clusterIP'] === 'None';
  const causes: FieldCause[] = [];
  if (ports.length === 0 && !isHeadless && type !== 'ExternalName') causes.push(required('spec.ports'));
  if (type === 'ExternalName' && textAt(spec, 'externalName') === '') causes.push(required('spec.externalName'));
  causes.push(...portsCauses(ports));
  causes.push(...labels('spec.selector', part(spec, 'selector')));
  const affinity = textAt(spec, 'sessionAffinity');
  if (affinity !== 'None' && affinity !== 'ClientIP')
    causes.push(notSupported('spec.sessionAffinity', affinity, ['ClientIP', 'None']));
  if (!types.includes(type)) causes.push(notSupported('spec.type', type, types));
  return [...causes, ...repeatedPorts(ports)];
}

function portsCauses(ports: readonly JsonObject[]): readonly FieldCause[] {
  const seen = new Set<string>();
  return ports.flatMap((port, index) => {
    const at = `spec.ports[${index}]`;
    const name = textAt(port, 'name');
    const causes: FieldCause[] = [];
    if (name === '' && ports.length > 1) causes.push(required(`${at}.name`));
    if (name !== '') causes.push(...dnsLabel(`${at}.name`, name));
    if (name !== '' && seen.has(name)) causes.push(duplicate(`${at}.name`, name));
    seen.add(name);
    causes.push(...portNumber(`${at}.port`, port['port']));
    const protocol = textAt(port, 'protocol');
    if (!protocols.includes(protocol)) causes.push(notSupported(`${at}.protocol`, protocol, protocols));
    return [...causes, ...portNumberOrName(`${at}.targetPort`, port['targetPort'])];
  });
}

/** The same number and protocol twice; shown with the names and zeros of Go. */
function repeatedPorts(ports: readonly JsonObject[]): readonly FieldCause[] {
  const seen = new Set<string>();
  return ports.flatMap((port, index) => {
    const key = `${textAt(port, 'protocol')} ${JSON.stringify(port['port'] ?? 0)}`;
    const isRepeated = seen.has(key);
    seen.add(key);
    if (!isRepeated) return [];
    const shown = `{"Name":"","Protocol":${JSON.stringify(port['protocol'])},"AppProtocol":null,"Port":${JSON.stringify(port['port'] ?? 0)},"TargetPort":0,"NodePort":0}`;
    return [{ reason: 'FieldValueDuplicate', field: `spec.ports[${index}]`, message: `Duplicate value: ${shown}` }];
  });
}

const addressTypes = ['FQDN', 'IPv4', 'IPv6'];

export function endpointSliceCauses(slice: JsonObject, old: JsonObject | undefined): readonly FieldCause[] {
  const type = textAt(slice, 'addressType');
  const causes: FieldCause[] = [];
  if (old !== undefined && textAt(old, 'addressType') !== type)
    return [invalidValue('addressType', type, 'field is immutable')];
  if (type === '') return [required('addressType')];
  if (!addressTypes.includes(type)) return [notSupported('addressType', type, addressTypes)];
  causes.push(...slicePortCauses(parts(slice, 'ports')));
  if (old !== undefined && old['endpoints'] === slice['endpoints']) return causes;
  return [
    ...causes,
    ...parts(slice, 'endpoints').flatMap((one, index) => endpointCauses(one, `endpoints[${index}]`, type)),
  ];
}

function slicePortCauses(ports: readonly JsonObject[]): readonly FieldCause[] {
  const seen = new Set<string>();
  return ports.flatMap((port, index) => {
    const at = `ports[${index}]`;
    const name = textAt(port, 'name');
    const wrong = name === '' ? [] : portName(`${at}.name`, name);
    const repeated = seen.has(name) ? [duplicate(`${at}.name`, name)] : [];
    seen.add(name);
    return [...wrong, ...repeated];
  });
}

function endpointCauses(endpoint: JsonObject, path: string, type: string): readonly FieldCause[] {
  const addresses = texts(endpoint, 'addresses');
  if (addresses.length === 0) return [required(`${path}.addresses`, 'must contain at least 1 address')];
  return addresses.flatMap((address, index) => addressCauses(address, `${path}.addresses`, index, type));
}

function addressCauses(address: string, path: string, index: number, type: string): readonly FieldCause[] {
  const at = `${path}[${index}]`;
  if (type === 'FQDN') return dnsSubdomain(at, address);
  const family = addressFamily(address);
  if (family === undefined)
    return [invalidValue(at, address, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
  const causes: FieldCause[] = [];
  if (family !== type) causes.push(invalidValue(path, address, `must be an ${type} address`));
  const range = addressRange(address);
  return range === undefined ? causes : [...causes, invalidValue(at, address, range)];
}
