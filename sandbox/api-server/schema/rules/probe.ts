/** What a server checks of probes and of the handlers of hooks. */

import { isJsonObject, type JsonObject, textAt } from '../../../../crds/schema/json.ts';
import type { FieldCause } from '../../contract.ts';
import { forbidden, invalidValue, required } from '../field-cause.ts';
import { numberOf, texts } from './reading.ts';
import { notNegative, portNumber, portNumberOrName } from './texts.ts';

const times = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'];

export function probeCauses(probe: JsonObject, path: string, kind: string): readonly FieldCause[] {
  const success = numberOf(probe, 'successThreshold') ?? 1;
  return [
    ...handlerCauses(probe, path),
    ...times.flatMap((key) => notNegative(`${path}.${key}`, probe[key])),
    ...(kind !== 'readinessProbe' && success !== 1
      ? [invalidValue(`${path}.successThreshold`, success, 'must be 1')]
      : []),
  ];
}

function handlerCauses(handler: JsonObject, path: string): readonly FieldCause[] {
  const given = ['exec', 'httpGet', 'tcpSocket', 'grpc'].filter((key) => isJsonObject(handler[key]));
  if (given.length === 0) return [required(path, 'must specify a handler type')];
  return given.flatMap((key, index) =>
    index > 0
      ? [forbidden(`${path}.${key}`, 'may not specify more than 1 handler type')]
      : actionCauses(key, handler[key], `${path}.${key}`),
  );
}

function actionCauses(key: string, action: JsonObject[string], path: string): readonly FieldCause[] {
  if (!isJsonObject(action)) return [];
  switch (key) {
    case 'exec':
      return texts(action, 'command').length === 0 ? [required(`${path}.command`)] : [];
    case 'httpGet':
      return [
        ...(textAt(action, 'path') === '' ? [required(`${path}.path`)] : []),
        ...portNumberOrName(`${path}.port`, action['port']),
      ];
    case 'tcpSocket':
      return portNumberOrName(`${path}.port`, action['port']);
    default:
      return portNumber(`${path}.port`, action['port']);
  }
}
