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

/** The first form of the list that there is; protobuf falls back to what follows it, and to JSON at last. @throws StatusError 406 */
export function formOf(accept: string): Form {
  const wanted = accept === '' ? ['*/*'] : accept.split(',').map((one) => one.trim());
  for (const one of wanted) {
    const form = formOfType(one);
    if (form !== undefined) return form;
  }
  if (wanted.some((one) => one.startsWith('application/vnd.kubernetes.protobuf'))) return 'object';
  if (!wanted.some((one) => plainTypes.has(one.split(';')[0]?.trim() ?? ''))) {
    const available = `${served}, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch`;
    throw new StatusError(406, 'NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${available}`, {});
  }
  throw new StatusError(406, 'NotAcceptable', `only the following media types are accepted: ${served}`);
}

const served = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';
const plainTypes = new Set(['application/json', 'application/yaml', '*/*', 'application/*']);

function formOfType(text: string): Form | undefined {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim());
  if (!plainTypes.has(type)) return undefined;
  const as = parameters.find((one) => one.startsWith('as='))?.slice(3);
  switch (as) {
    case undefined:
      return 'object';
    case 'Table':
      return 'table';
    case 'PartialObjectMetadata':
    case 'PartialObjectMetadataList':
      return 'metadata';
    case 'APIGroupDiscoveryList':
      return parameters.includes('v=v2') ? 'discovery' : undefined;
    default:
      return undefined;
  }
}

export function metadataOnly(object: JsonObject): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: metadataOf(object) };
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
          columns: true,
        },
      );
    case 'metadata':
      return metadataOnly(served);
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
        columns: true,
      });
    case 'metadata':
      return {
        kind: 'PartialObjectMetadataList',
        apiVersion: 'meta.k8s.io/v1',
        metadata,
        items: served.map((item) => metadataOnly(item)),
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
    const options = { now: core.clock.now(), includeObject: output.includeObject, columns: first };
    first = false;
    return tableOf(output.kind, [served], metadata, options);
  };
}

/** What is stored, in the version that was asked for. */
export function servedVersion(kind: ServedKind, stored: JsonObject): JsonObject {
  if (kind.fromStorage !== undefined) return kind.fromStorage(stored);
  const apiVersion = apiVersionOf(kind);
  return stored.apiVersion === apiVersion ? stored : { ...stored, apiVersion };
}
