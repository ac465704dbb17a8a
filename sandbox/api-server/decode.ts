/** The body of a create or update as an object of its kind: right kind, defaults filled in, unknown fields dropped or refused. */

import { isJsonObject, type Json, type JsonObject } from '../../crds/schema/json.ts';
import type { Write } from './core.ts';
import { stringAt } from './json-access.ts';
import { apiVersionOf, type ServedKind } from './served-kind.ts';
import { badRequest } from './status-error.ts';

/** @throws StatusError 400 */
export function decodeObject(write: Write, body: Json | undefined): JsonObject {
  const { kind } = write.target;
  if (!isJsonObject(body)) throw badRequest(unrecognised(kind, body));
  const typed = withType(write, body);
  const { object, unknown } = kind.schema.normalise(typed);
  reportUnknown(write, unknown, (said) => {
    return badRequest(`${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${said}`);
  });
  return object;
}

function unrecognised(kind: ServedKind, body: Json | undefined): string {
  const why = body === undefined ? 'unexpected end of JSON input (<empty>)' : `not an object (${JSON.stringify(body)})`;
  return `the object provided is unrecognized (must be of type ${kind.kind}): couldn't get version/kind; json parse error: ${why}`;
}

/** Builtin kinds may leave apiVersion and kind out. */
function withType({ target: { kind }, core }: Write, body: JsonObject): JsonObject {
  const apiVersion = stringAt(body, 'apiVersion');
  const said = stringAt(body, 'kind');
  const expected = apiVersionOf(kind);
  if (apiVersion === expected && said === kind.kind) return body;
  if (kind.schema.custom) throw badRequest(customMismatch(kind, apiVersion, said));
  if ((said === '' || said === kind.kind) && (apiVersion === '' || apiVersion === expected)) {
    return { apiVersion: expected, kind: kind.kind, ...body };
  }
  const [group, version] = split(apiVersion === '' ? expected : apiVersion);
  const other = said === '' ? kind.kind : said;
  const known = core.kinds.ofKind(group, version, other);
  if (known === undefined || known.schema.custom) {
    throw badRequest(
      `no kind "${other}" is registered for version "${apiVersion}" in scheme "pkg/api/legacyscheme/scheme.go:30"`,
    );
  }
  throw badRequest(
    `${other} in version "${version}" cannot be handled as a ${kind.kind}: converting (${version}.${other}) to ` +
      `(${internalPackage(kind.group)}.${kind.kind}): unknown conversion`,
  );
}

function customMismatch(kind: ServedKind, apiVersion: string, said: string): string {
  return (
    `the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(kind)})` +
    (said === kind.kind ? '' : `; kind ${said} is not ${kind.kind}`)
  );
}

function split(apiVersion: string): readonly [string, string] {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? ['', apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
}

function internalPackage(group: string): string {
  return group === '' ? 'core' : (group.split('.')[0] ?? group);
}

/** Strict: the first error says them all. Warn: one warning each. */
export function reportUnknown(write: Write, unknown: readonly string[], error: (said: string) => Error): void {
  if (unknown.length === 0 || write.fieldValidation === 'Ignore') return;
  const said = unknown.map((path) => `unknown field "${path}"`);
  if (write.fieldValidation === 'Strict') throw error(`strict decoding error: ${said.join(', ')}`);
  write.warnings.push(...said);
}
