/** What a server checks of the spec of a pod or a pod template. */

import { isJsonObject, type JsonObject, textAt } from '../../../../crds/schema/json.ts';
import type { FieldCause } from '../../contract.ts';
import { duplicate, forbidden, invalidValue, notSupported, required } from '../field-cause.ts';
import { containerCauses, containerProbeCauses, oneOf } from './container.ts';
import { placementCauses } from './placement.ts';
import { numberOf, part, parts } from './reading.ts';
import { dnsLabel, dnsSubdomain, labels, qualifiedName } from './texts.ts';

const dnsPolicies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];

export function podSpecCauses(spec: JsonObject, path: string): readonly FieldCause[] {
  const volumes = parts(spec, 'volumes');
  const names = new Set(volumes.map((one) => textAt(one, 'name')));
  return [
    ...volumeCauses(volumes, `${path}.volumes`),
    ...containersCauses(spec, path, names),
    ...initContainersCauses(spec, path, names),
    ...oneOf(`${path}.restartPolicy`, spec, 'restartPolicy', ['Always', 'OnFailure', 'Never']),
    ...oneOf(`${path}.dnsPolicy`, spec, 'dnsPolicy', dnsPolicies),
    ...labels(`${path}.nodeSelector`, part(spec, 'nodeSelector')),
    ...parts(spec, 'readinessGates').flatMap((gate, index) =>
      qualifiedName(`${path}.readinessGates[${index}].conditionType`, textAt(gate, 'conditionType')),
    ),
    ...named(spec, 'serviceAccountName', path, dnsSubdomain),
    ...named(spec, 'nodeName', path, dnsSubdomain),
    ...deadlineCauses(spec, path),
    ...named(spec, 'hostname', path, dnsLabel),
    ...named(spec, 'subdomain', path, dnsLabel),
    ...parts(spec, 'tolerations').flatMap((one, index) => tolerationCauses(one, `${path}.tolerations[${index}]`)),
    ...placementCauses(spec, path),
  ];
}

function named(
  spec: JsonObject,
  key: string,
  path: string,
  check: (field: string, text: string) => readonly FieldCause[],
): readonly FieldCause[] {
  const text = textAt(spec, key);
  return text === '' ? [] : check(`${path}.${key}`, text);
}

function containersCauses(spec: JsonObject, path: string, volumes: ReadonlySet<string>): readonly FieldCause[] {
  const containers = parts(spec, 'containers');
  if (containers.length === 0) return [required(`${path}.containers`)];
  const seen = new Set<string>();
  return containers.flatMap((one, index) => {
    const at = `${path}.containers[${index}]`;
    const name = textAt(one, 'name');
    const repeated = seen.has(name) ? [duplicate(`${at}.name`, name)] : [];
    seen.add(name);
    return [...containerCauses(one, at, volumes), ...repeated, ...containerProbeCauses(one, at)];
  });
}

function initContainersCauses(spec: JsonObject, path: string, volumes: ReadonlySet<string>): readonly FieldCause[] {
  const seen = new Set(parts(spec, 'containers').map((one) => textAt(one, 'name')));
  return parts(spec, 'initContainers').flatMap((one, index) => {
    const at = `${path}.initContainers[${index}]`;
    const name = textAt(one, 'name');
    const repeated = seen.has(name) && name !== '' ? [duplicate(`${at}.name`, name)] : [];
    seen.add(name);
    return [...containerCauses(one, at, volumes), ...repeated];
  });
}

function volumeCauses(volumes: readonly JsonObject[], path: string): readonly FieldCause[] {
  const seen = new Set<string>();
  return volumes.flatMap((volume, index) => {
    const at = `${path}[${index}]`;
    const name = textAt(volume, 'name');
    const sources = sourceCauses(volume, at);
    const own = name === '' ? [required(`${at}.name`)] : dnsLabel(`${at}.name`, name);
    const isRepeated = own.length === 0 && sources.length === 0 && seen.has(name);
    seen.add(name);
    return [...sources, ...own, ...(isRepeated ? [duplicate(`${at}.name`, name)] : [])];
  });
}

function sourceCauses(volume: JsonObject, path: string): readonly FieldCause[] {
  // In the order in which a server looks for them.
  const order = [
    'emptyDir',
    'hostPath',
    'secret',
    'persistentVolumeClaim',
    'configMap',
    'downwardAPI',
    'projected',
    'csi',
  ];
  const given = order.filter((key) => isJsonObject(volume[key]));
  return given.flatMap((key, index) =>
    index > 0
      ? [forbidden(`${path}.${key}`, 'may not specify more than 1 volume type')]
      : nameCauses(part(volume, key), key, `${path}.${key}`),
  );
}

const namedBy: Readonly<Record<string, string>> = {
  secret: 'secretName',
  configMap: 'name',
  persistentVolumeClaim: 'claimName',
  hostPath: 'path',
  csi: 'driver',
};

function nameCauses(source: JsonObject, kind: string, path: string): readonly FieldCause[] {
  const key = namedBy[kind];
  return key !== undefined && textAt(source, key) === '' ? [required(`${path}.${key}`)] : [];
}

function deadlineCauses(spec: JsonObject, path: string): readonly FieldCause[] {
  const value = numberOf(spec, 'activeDeadlineSeconds');
  if (value === undefined || (value >= 1 && value <= 2_147_483_647)) return [];
  return [invalidValue(`${path}.activeDeadlineSeconds`, value, 'must be between 1 and 2147483647, inclusive')];
}

function tolerationCauses(one: JsonObject, path: string): readonly FieldCause[] {
  const [key, operator] = [textAt(one, 'key'), textAt(one, 'operator')];
  const causes: FieldCause[] = key === '' ? [] : [...qualifiedName(`${path}.key`, key)];
  if (key === '' && operator !== 'Exists')
    causes.push(
      invalidValue(
        `${path}.operator`,
        operator,
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ),
    );
  if (operator !== '' && operator !== 'Equal' && operator !== 'Exists')
    causes.push(notSupported(`${path}.operator`, operator, ['Equal', 'Exists']));
  return causes;
}
