/** serviceaccounts/token: a token for an account, good for the seconds asked for. */

import { isJsonObject, type Json, type JsonObject } from '../../crds/schema/json.ts';
import { askedFields } from './asked-fields.ts';
import { timestamp, type Write } from './core.ts';
import { goKind, unrecognised } from './decode.ts';
import { listAt, numberAt, objectAt, stringAt } from './json-access.ts';
import { checkNamespaceOpen } from './namespace-gate.ts';
import { badRequest, invalid, notFound } from './status-error.ts';
import { liveObject } from './update.ts';

const defaultSeconds = 3600;
const shortestSeconds = 600;
const defaultAudience = 'https://kubernetes.default.svc';

/** @throws StatusError 400, 404, 422. */
export function requestToken(write: Write, body: Json | undefined): JsonObject {
  const { core, target } = write;
  const request = readRequest(write, body);
  checkNamespaceOpen(write, target.name);
  const account = liveObject(write);
  if (account === undefined) throw notFound(target.kind, target.name);
  const seconds = numberAt(request, 'spec', 'expirationSeconds') ?? defaultSeconds;
  if (seconds < shortestSeconds) throw tooShort(seconds);
  const asked = listAt(request, 'spec', 'audiences').filter((one) => typeof one === 'string');
  const audiences = asked.length > 0 ? asked : [defaultAudience];
  const now = core.clock.now();
  const expiresAt = now + seconds * 1000;
  const uid = stringAt(account, 'metadata', 'uid');
  const asking = { spec: { ...objectAt(request, 'spec'), expirationSeconds: seconds } };
  const managedFields = askedFields(asking, {
    manager: write.fieldManager,
    apiVersion: 'authentication.k8s.io/v1',
    timestamp: timestamp(now),
    subresource: 'token',
  });
  const token = core.tokens.issue({ namespace: target.namespace, name: target.name, uid, expiresAt, audiences });
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name: target.name, namespace: target.namespace, uid, creationTimestamp: timestamp(now), managedFields },
    spec: { audiences, expirationSeconds: seconds, boundObjectRef: null },
    status: { token, expirationTimestamp: timestamp(expiresAt) },
  };
}

/** @throws StatusError 400, and 422 when it names another account. */
function readRequest(write: Write, body: Json | undefined): JsonObject {
  if (!isJsonObject(body)) throw badRequest(unrecognised({ kind: 'TokenRequest' }, body, write.unreadable));
  const seconds = objectAt(body, 'spec').expirationSeconds;
  if (seconds != null && typeof seconds !== 'number') {
    throw badRequest(
      'TokenRequest in version "v1" cannot be handled as a TokenRequest: json: cannot unmarshal ' +
        `${goKind(seconds)} into Go struct field TokenRequestSpec.spec.expirationSeconds of type int64`,
    );
  }
  const { name } = write.target;
  const said = stringAt(body, 'metadata', 'name');
  if (said === '' || said === name) return body;
  const message = `Invalid value: ${JSON.stringify(said)}: must match the service account name if specified`;
  throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, name, [
    { reason: 'FieldValueInvalid', field: 'metadata.name', message },
  ]);
}

function tooShort(seconds: number) {
  const message = `Invalid value: ${seconds}: may not specify a duration less than 10 minutes`;
  return invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', [
    { reason: 'FieldValueInvalid', field: 'spec.expirationSeconds', message },
  ]);
}
