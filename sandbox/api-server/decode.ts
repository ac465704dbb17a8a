/** The body of a create or update as an object of its kind: right kind, defaults filled in, unknown fields dropped or refused. */

import { isJsonObject, type Json, type JsonObject } from '../../crds/schema/json.ts';
import type { Write } from './core.ts';
import { stringAt } from './json-access.ts';
import { apiVersionOf, type ServedKind } from './served-kind.ts';
import { badRequest, type StatusError } from './status-error.ts';

/** @throws StatusError 400 */
export function decodeObject(write: Write, body: Json | undefined): JsonObject {
  const { kind } = write.target;
  if (write.unreadable !== undefined || !isJsonObject(body))
    throw badRequest(unrecognised(kind, body, write.unreadable));
  const typed = withType(write, body);
  const refuse = (said: string): StatusError =>
    badRequest(`${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${said}`);
  const { object, unknown, refused } = kind.schema.normalise(typed);
  if (refused !== undefined) throw refuse(refused);
  reportUnknown(write, unknown, refuse);
  return object;
}

/** In the words of Go's JSON decoder, which shows the body in hexadecimal. */
export function unrecognised(
  kind: Pick<ServedKind, 'kind'>,
  body: Json | undefined,
  unreadable: string | undefined,
): string {
  const target =
    'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';
  const why =
    unreadable ??
    (body === undefined
      ? 'unexpected end of JSON input (<empty>)'
      : `json: cannot unmarshal ${goKind(body)} into Go value of type ${target} (${hexOf(JSON.stringify(body))})`);
  return `the object provided is unrecognized (must be of type ${kind.kind}): couldn't get version/kind; json parse error: ${why}`;
}

function hexOf(text: string): string {
  return [...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** What Go's decoder calls a JSON value. */
export function goKind(value: Json | undefined): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** Builtin kinds may leave apiVersion and kind out. */
function withType({ target: { kind }, core }: Write, body: JsonObject): JsonObject {
  const apiVersion = stringAt(body, 'apiVersion');
  const said = stringAt(body, 'kind');
  const expected = apiVersionOf(kind);
  if (apiVersion === expected && said === kind.kind) return body;
  if (kind.schema.custom) throw badRequest(customMismatch(kind, body));
  if ((said === '' || said === kind.kind) && (apiVersion === '' || apiVersion === expected)) {
    return { apiVersion: expected, kind: kind.kind, ...body };
  }
  const [group, version] = split(apiVersion === '' ? expected : apiVersion);
  const other = said === '' ? kind.kind : said;
  const known = core.kinds.ofKind(group, version, other);
  if (known === undefined || known.schema.custom) {
    throw badRequest(
      `${other} in version "${version}" cannot be handled as a ${kind.kind}: no kind "${other}" is registered for version ` +
        `"${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`,
    );
  }
  throw badRequest(
    `${other} in version "${version}" cannot be handled as a ${kind.kind}: converting (${version}.${other}) to ` +
      `(${internalPackage(kind.group)}.${kind.kind}): unknown conversion`,
  );
}

function customMismatch(kind: ServedKind, body: JsonObject): string {
  const missing = ['kind', 'apiVersion'].find((key) => stringAt(body, key) === '');
  if (missing === undefined) {
    return `the API version in the data (${stringAt(body, 'apiVersion')}) does not match the expected API version (${apiVersionOf(kind)})`;
  }
  const text = JSON.stringify(body);
  const short = text.length > 30 ? `${text.slice(0, 30)} ...` : text;
  const what = missing === 'kind' ? 'Kind' : 'apiVersion';
  return `the object provided is unrecognized (must be of type ${kind.kind}): Object '${what}' is missing in '${text}' (${short})`;
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
  if (unknown.length + write.duplicates.length === 0 || write.fieldValidation === 'Ignore') return;
  const said = [
    ...write.duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`),
    ...unknown.map((path) => `unknown field "${path}"`),
  ];
  if (write.fieldValidation === 'Strict') throw error(`strict decoding error: ${said.join(', ')}`);
  write.warnings.push(...said);
}
