/** What a server checks of a container. */

import { isJsonObject, type JsonObject, textAt } from '../../../../crds/schema/json.ts';
import type { FieldCause } from '../../contract.ts';
import { duplicate, invalidValue, notFound, notSupported, required } from '../field-cause.ts';
import { quantityNanos } from '../quantity.ts';
import { fieldPathCauses } from './field-path.ts';
import { probeCauses } from './probe.ts';
import { part, parts } from './reading.ts';
import { dnsLabel, portName, portNumber, qualifiedName } from './texts.ts';

/** `volumes` are the names of the pod's volumes. */
export function containerCauses(one: JsonObject, path: string, volumes: ReadonlySet<string>): readonly FieldCause[] {
  const name = textAt(one, 'name');
  return [
    ...(name === '' ? [required(`${path}.name`)] : dnsLabel(`${path}.name`, name)),
    ...(textAt(one, 'image') === '' ? [required(`${path}.image`)] : []),
    ...oneOf(`${path}.terminationMessagePolicy`, one, 'terminationMessagePolicy', ['File', 'FallbackToLogsOnError']),
    ...portCauses(parts(one, 'ports'), `${path}.ports`),
    ...parts(one, 'env').flatMap((env, index) => envCauses(env, `${path}.env[${index}]`)),
    ...mountCauses(parts(one, 'volumeMounts'), `${path}.volumeMounts`, volumes),
    ...oneOf(`${path}.imagePullPolicy`, one, 'imagePullPolicy', ['Always', 'IfNotPresent', 'Never']),
    ...resourceCauses(part(one, 'resources'), `${path}.resources`),
  ];
}

/** Probes come after all that is common to containers, and after the check for repeated names. */
export function containerProbeCauses(one: JsonObject, path: string): readonly FieldCause[] {
  return ['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((kind) => {
    const probe = one[kind];
    return isJsonObject(probe) ? probeCauses(probe, `${path}.${kind}`, kind) : [];
  });
}

export function oneOf(
  field: string,
  object: JsonObject,
  key: string,
  allowed: readonly string[],
): readonly FieldCause[] {
  const value = textAt(object, key);
  if (value === '') return [required(field)];
  return allowed.includes(value) ? [] : [notSupported(field, value, allowed)];
}

const protocols = ['SCTP', 'TCP', 'UDP'];

function portCauses(ports: readonly JsonObject[], path: string): readonly FieldCause[] {
  const seen = new Set<string>();
  return ports.flatMap((port, index) => {
    const at = `${path}[${index}]`;
    const name = textAt(port, 'name');
    const wrong = name === '' ? [] : portName(`${at}.name`, name);
    const repeated = name !== '' && wrong.length === 0 && seen.has(name) ? [duplicate(`${at}.name`, name)] : [];
    seen.add(name);
    const container = port['containerPort'];
    const host = port['hostPort'];
    return [
      ...wrong,
      ...repeated,
      ...(container === undefined || container === 0
        ? [required(`${at}.containerPort`)]
        : portNumber(`${at}.containerPort`, container)),
      ...(host === undefined || host === 0 ? [] : portNumber(`${at}.hostPort`, host)),
      ...oneOf(`${at}.protocol`, port, 'protocol', protocols),
    ];
  });
}

const envWords = "a valid environment variable name must consist only of printable ASCII characters other than '='";

function envCauses(env: JsonObject, path: string): readonly FieldCause[] {
  const name = textAt(env, 'name');
  const causes: FieldCause[] = [];
  if (name === '') causes.push(required(`${path}.name`));
  else if (!/^[ -<>-~]+$/.test(name)) causes.push(invalidValue(`${path}.name`, name, envWords));
  const from = env['valueFrom'];
  if (!isJsonObject(from)) return causes;
  if (textAt(env, 'value') !== '')
    causes.push(invalidValue(`${path}.valueFrom`, '', 'may not be specified when `value` is not empty'));
  const sources = Object.keys(from).length;
  if (sources === 0)
    causes.push(
      invalidValue(
        `${path}.valueFrom`,
        '',
        'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`',
      ),
    );
  if (isJsonObject(from['fieldRef'])) causes.push(...fieldPathCauses(from['fieldRef'], `${path}.valueFrom.fieldRef`));
  for (const kind of ['configMapKeyRef', 'secretKeyRef']) {
    const reference = from[kind];
    if (isJsonObject(reference) && textAt(reference, 'key') === '')
      causes.push(required(`${path}.valueFrom.${kind}.key`));
  }
  return causes;
}

function mountCauses(mounts: readonly JsonObject[], path: string, volumes: ReadonlySet<string>): readonly FieldCause[] {
  const seen = new Set<string>();
  return mounts.flatMap((mount, index) => {
    const at = `${path}[${index}]`;
    const [name, target] = [textAt(mount, 'name'), textAt(mount, 'mountPath')];
    const causes: FieldCause[] = [];
    if (name === '') causes.push(required(`${at}.name`));
    if (!volumes.has(name)) causes.push(notFound(`${at}.name`, name));
    if (target === '') causes.push(required(`${at}.mountPath`));
    if (seen.has(target)) causes.push(invalidValue(`${at}.mountPath`, target, 'must be unique'));
    seen.add(target);
    return causes;
  });
}

const standard = /^(cpu|memory|ephemeral-storage|hugepages-.+)$/;

function resourceCauses(resources: JsonObject, path: string): readonly FieldCause[] {
  const [limits, requests] = [part(resources, 'limits'), part(resources, 'requests')];
  const causes: FieldCause[] = [];
  for (const name of Object.keys(limits)) causes.push(...amountCauses(limits, name, `${path}.limits[${name}]`));
  for (const name of Object.keys(requests)) {
    causes.push(...amountCauses(requests, name, `${path}.requests[${name}]`));
    const [limit, request] = [amountOf(limits, name), amountOf(requests, name)];
    if (limit !== undefined && request !== undefined && request > limit) {
      const words = `must be less than or equal to ${name} limit of ${textAt(limits, name)}`;
      causes.push(invalidValue(`${path}.requests`, requests[name], words));
    }
  }
  return causes;
}

function amountCauses(list: JsonObject, name: string, field: string): readonly FieldCause[] {
  const causes: FieldCause[] = [];
  const amount = amountOf(list, name);
  if (!name.includes('/') && !standard.test(name)) {
    causes.push(invalidValue(field, name, 'must be a standard resource type or fully qualified'));
    causes.push(invalidValue(field, name, 'must be a standard resource for containers'));
  } else causes.push(...qualifiedName(field, name));
  if (amount !== undefined && amount < 0n)
    causes.push(invalidValue(field, list[name], 'must be greater than or equal to 0'));
  return causes;
}

function amountOf(list: JsonObject, name: string): bigint | undefined {
  const value = list[name];
  return typeof value === 'string' ? quantityNanos(value) : undefined;
}
