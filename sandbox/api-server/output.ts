/** The form of an answer that the Accept header asks for: the objects, their metadata only, or a table for people. */

import type { JsonObject } from '../../crds/schema/json.ts';
import type { Core } from './core.ts';
import { metadataOf } from './json-access.ts';
import { tableOf } from './printing/table.ts';
import { apiVersionOf, type ServedKind } from './served-kind.ts';
import { badRequest, StatusError } from './status-error.ts';

export type Form = 'object' | 'table' | 'metadata' | 'discovery';

/** One object in the form asked for; of a watch called once a line. */
export type Render = (object: JsonObject) => JsonObject;

/** What an Accept header comes to. `metaVersion` is that of tables and bare metadata, of meta.k8s.io. */
export interface Wanted {
  readonly form: Form;
  readonly metaVersion: string;
  readonly yaml: boolean;
}

/** The first of the list that there is; protobuf falls back to what follows it, and to JSON at last. @throws StatusError 406 */
export function wantedOf(accept: string): Wanted {
  const wanted = accept === '' ? ['*/*'] : accept.split(',').map((one) => one.trim());
  for (const one of wanted) {
    const found = wantedType(one);
    if (found !== undefined) return found;
  }
  if (wanted.some((one) => one.startsWith('application/vnd.kubernetes.protobuf'))) {
    return { form: 'object', metaVersion: 'v1', yaml: false };
  }
  if (!wanted.some((one) => plainTypes.has(one.split(';')[0]?.trim() ?? ''))) {
    const available = `${served}, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch`;
    throw new StatusError(406, 'NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${available}`, {});
  }
  throw new StatusError(406, 'NotAcceptable', `only the following media types are accepted: ${served}`);
}

const served = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';
const plainTypes = new Set(['application/json', 'application/yaml', '*/*', 'application/*']);

function wantedType(text: string): Wanted | undefined {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim());
  if (!plainTypes.has(type)) return undefined;
  const valueOf = (key: string): string | undefined =>
    parameters.find((one) => one.startsWith(`${key}=`))?.slice(key.length + 1);
  const version = valueOf('v') ?? 'v1';
  const form = formNamed(valueOf('as'), version);
  return form === undefined ? undefined : { form, metaVersion: version, yaml: type === 'application/yaml' };
}

function formNamed(as: string | undefined, version: string): Form | undefined {
  const isMeta = version === 'v1' || version === 'v1beta1';
  switch (as) {
    case undefined:
      return 'object';
    case 'Table':
      return isMeta ? 'table' : undefined;
    case 'PartialObjectMetadata':
    case 'PartialObjectMetadataList':
      return isMeta ? 'metadata' : undefined;
    case 'APIGroupDiscoveryList':
      return version === 'v2' ? 'discovery' : undefined;
    default:
      return undefined;
  }
}

function metadataOnly(object: JsonObject, metaVersion: string): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${metaVersion}`, metadata: metadataOf(object) };
}

/** @throws StatusError 400 */
export function includeObjectOf(text: string): string {
  if (['', 'None', 'Metadata', 'Object'].includes(text)) return text;
  throw badRequest(
    'Unable to convert to Table as requested: includeObject: Invalid value: ' +
      `${JSON.stringify(text)}: must be 'Metadata', 'Object', 'None', or empty`,
  );
}

export interface Output {
  readonly form: Form;
  readonly metaVersion: string;
  readonly kind: ServedKind;
  /** `None`, `Metadata` or `Object`: what rows of a table carry along. */
  readonly includeObject: string;
}

/** One object. `convert` makes the served version of what is stored. */
export function renderObject(core: Core, output: Output, object: JsonObject): JsonObject {
  const served = servedVersion(output.kind, object);
  switch (output.form) {
    case 'table':
      return tableOf(
        output.kind,
        [served],
        { resourceVersion: metadataOf(served).resourceVersion },
        {
          now: core.clock.now(),
          includeObject: output.includeObject,
          metaVersion: output.metaVersion,
          columns: true,
        },
      );
    case 'metadata':
      return metadataOnly(served, output.metaVersion);
    case 'object':
    case 'discovery':
      return served;
  }
}

/** A list. Items of builtin kinds have neither kind nor apiVersion, those of custom resources have both. */
export function renderList(core: Core, output: Output, items: readonly JsonObject[], metadata: JsonObject): JsonObject {
  const { kind } = output;
  const served = items.map((item) => servedVersion(kind, item));
  switch (output.form) {
    case 'table':
      return tableOf(kind, served, metadata, {
        now: core.clock.now(),
        includeObject: output.includeObject,
        metaVersion: output.metaVersion,
        columns: true,
      });
    case 'metadata':
      return {
        kind: 'PartialObjectMetadataList',
        apiVersion: `meta.k8s.io/${output.metaVersion}`,
        metadata,
        items: served.map((item) => metadataOnly(item, output.metaVersion)),
      };
    case 'object':
    case 'discovery': {
      const bare = kind.schema.custom
        ? served
        : served.map(({ kind: _kind, apiVersion: _apiVersion, ...rest }) => rest);
      const meta = kind.schema.custom ? { continue: '', ...metadata } : metadata;
      return { kind: kind.listKind, apiVersion: apiVersionOf(kind), metadata: meta, items: bare };
    }
  }
}

/** Lines of a watch: a table names its columns in the first line only. */
export function watchRender(core: Core, output: Output): Render {
  let first = true;
  return (object) => {
    if (output.form !== 'table') return renderObject(core, output, object);
    const served = servedVersion(output.kind, object);
    const metadata = { resourceVersion: metadataOf(served).resourceVersion };
    const { includeObject, metaVersion } = output;
    const options = { now: core.clock.now(), includeObject, metaVersion, columns: first };
    first = false;
    return tableOf(output.kind, [served], metadata, options);
  };
}

/** What is stored, in the version that was asked for. */
function servedVersion(kind: ServedKind, stored: JsonObject): JsonObject {
  if (kind.fromStorage !== undefined) return kind.fromStorage(stored);
  const apiVersion = apiVersionOf(kind);
  return stored.apiVersion === apiVersion ? stored : { ...stored, apiVersion };
}
