/** Turns documents into the set of objects to apply: lists flattened, every object with a kind and a name, none twice, none still encrypted. Pure. */
import { isJsonObject, type Json, type JsonObject } from '../../crds/schema/json.ts';
import type { RenderProblem } from '../contract.ts';
import { readYaml } from './yaml.ts';

/** A document and where it stands. `line` is absent in what a program has put together. */
export interface Located {
  readonly value: Json;
  readonly path: string;
  readonly line?: number;
}

export type ObjectsResult =
  | { readonly kind: 'ok'; readonly objects: readonly JsonObject[] }
  | { readonly kind: 'invalid'; readonly problems: readonly RenderProblem[] };

const MAX_OBJECTS = 5_000;
const MAX_PROBLEMS = 20;
const MAX_LIST_DEPTH = 3;

/** Documents of one file, or its problem. */
export function documentsOf(path: string, content: Buffer): { documents: Located[]; problems: RenderProblem[] } {
  const text = content.toString('utf8');
  if (text.includes('\ufffd') && !isUtf8(content))
    return { documents: [], problems: [{ path, message: `${path} is not UTF-8 text; save it as UTF-8.` }] };
  const result = readYaml(text);
  if (result.kind === 'ok')
    return { documents: result.documents.map(({ value, line }) => ({ value, path, line })), problems: [] };
  const at = result.line === undefined ? path : `${path}:${result.line}`;
  const problem = { path, message: `${at} can't be read: ${result.message}; correct the file.` };
  return { documents: [], problems: [result.line === undefined ? problem : { ...problem, line: result.line }] };
}

function isUtf8(content: Buffer): boolean {
  return Buffer.from(content.toString('utf8'), 'utf8').equals(content);
}

/** The objects of all documents, in order, or every problem found (the first 20). */
export function objectsOf(documents: readonly Located[]): ObjectsResult {
  const problems: RenderProblem[] = [];
  const objects: JsonObject[] = [];
  const seen = new Map<string, string>();
  for (const document of documents.flatMap((entry) => flattened(entry, 0))) {
    const why = objectProblem(document);
    if (why !== undefined) {
      problems.push(problemAt(document, why));
      continue;
    }
    const object = document.value as JsonObject;
    const key = identity(object);
    const first = seen.get(key);
    if (first !== undefined)
      problems.push(
        problemAt(document, `${nameOf(object)} is defined a second time; the first is in ${first}. Remove one`),
      );
    else seen.set(key, placeOf(document));
    objects.push(object);
  }
  if (objects.length > MAX_OBJECTS)
    problems.push({
      path: documents[0]?.path ?? '.',
      message: `The set has ${objects.length} objects; at most ${MAX_OBJECTS} are allowed in one GitSync; split it.`,
    });
  return problems.length === 0
    ? { kind: 'ok', objects }
    : { kind: 'invalid', problems: problems.slice(0, MAX_PROBLEMS) };
}

/** A `List`, as kubectl prints it, stands for its items. */
function flattened(document: Located, depth: number): Located[] {
  const { value } = document;
  if (
    !isJsonObject(value) ||
    typeof value['kind'] !== 'string' ||
    !value['kind'].endsWith('List') ||
    !Array.isArray(value['items']) ||
    depth > MAX_LIST_DEPTH
  )
    return [document];
  const items: readonly Json[] = value['items'];
  return items.flatMap((item) => flattened({ ...document, value: item }, depth + 1));
}

function objectProblem(document: Located): string | undefined {
  const { value } = document;
  if (!isJsonObject(value))
    return `the document is ${typeName(value)}, not a Kubernetes object with apiVersion, kind and metadata; correct or remove it`;
  const { apiVersion, kind, metadata } = value;
  if (typeof kind !== 'string' || kind === '')
    return 'the object has no "kind", but every object needs apiVersion, kind and metadata; add it';
  if (typeof apiVersion !== 'string' || apiVersion === '')
    return `the ${kind} has no "apiVersion", but every object needs apiVersion, kind and metadata; add it`;
  if (apiVersion.startsWith('kustomize.config.k8s.io/'))
    return `this is a ${kind} of kustomize, which is built only when it stands directly in spec.path; set spec.path to its folder`;
  const name = isJsonObject(metadata) ? metadata['name'] : undefined;
  if (typeof name !== 'string' || name === '')
    return `the ${kind} has no "metadata.name" (generateName is not allowed in Git: the object could not be found again); give it a name`;
  if (isEncrypted(value))
    return `encrypted ${kind} without a key: ${kind}/${name} is encrypted with SOPS and decryption is not supported yet; create the Secret in the cluster by other means and remove it from Git`;
  return undefined;
}

/** SOPS adds a top-level member that holds the checksum and the encrypted data keys. */
function isEncrypted(object: JsonObject): boolean {
  const { sops } = object;
  return isJsonObject(sops) && ('mac' in sops || 'lastmodified' in sops || 'version' in sops);
}

function identity(object: JsonObject): string {
  const metadata = isJsonObject(object['metadata']) ? object['metadata'] : {};
  const group = textOf(object['apiVersion']).split('/').slice(0, -1).join('/');
  return JSON.stringify([group, object['kind'], metadata['namespace'] ?? '', metadata['name']]);
}

function nameOf(object: JsonObject): string {
  const metadata = isJsonObject(object['metadata']) ? object['metadata'] : {};
  return `${textOf(object['kind'])}/${textOf(metadata['name'])}`;
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function typeName(value: Json): string {
  if (Array.isArray(value)) return 'a list';
  return value === null ? 'empty' : `a ${typeof value}`;
}

function placeOf(document: Located): string {
  return document.line === undefined ? document.path : `${document.path}:${document.line}`;
}

function problemAt(document: Located, why: string): RenderProblem {
  const problem = { path: document.path, message: `${placeOf(document)}: ${why}.` };
  return document.line === undefined ? problem : { ...problem, line: document.line };
}
