/** An HTTP request as the server takes it: path, query, and the body parsed from JSON, YAML or protobuf. */

import type { IncomingMessage } from 'node:http';
import {
  boolYaml11Tag,
  floatCoreTag,
  intCoreTag,
  load,
  mapTag,
  mergeTag,
  nullYaml11Tag,
  Schema,
  seqTag,
  strTag,
} from 'js-yaml';
import { Json } from '../../crds/schema/json.ts';
import type { ApiCall } from './contract.ts';
import { duplicateFields } from './duplicate-fields.ts';
import { fromProtobuf, protobufType } from './protobuf.ts';
import { StatusError } from './status-error.ts';

/** etcd refuses larger ones, and so does a real server. */
const maxBodyBytes = 3 * 1024 * 1024;

/** A StatusError as value when the body cannot be read. */
export async function readCall(request: IncomingMessage, user: string): Promise<ApiCall | StatusError> {
  const url = new URL(request.url ?? '/', 'https://127.0.0.1');
  const bytes = await bodyBytes(request);
  if (bytes === undefined)
    return new StatusError(413, 'RequestEntityTooLarge', 'Request entity too large: limit is 3145728');
  const contentType = (request.headers['content-type'] ?? 'application/json').split(';')[0]?.trim() ?? '';
  const decoded = contentType === protobufType ? fromProtobuf(bytes) : undefined;
  const parsed = decoded === undefined ? parseBody(bytes.toString('utf8'), contentType) : { body: decoded };
  return {
    caller: { user, userAgent: request.headers['user-agent'] ?? '' },
    method: request.method ?? 'GET',
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    contentType: decoded === undefined ? contentType : 'application/json',
    accept: request.headers.accept ?? '',
    ...parsed,
  };
}

async function bodyBytes(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes <= maxBodyBytes) chunks.push(part);
  }
  return bytes > maxBodyBytes ? undefined : Buffer.concat(chunks);
}

/** Truth values of YAML 1.1 (`yes` is true), as Kubernetes reads them; times stay texts. */
const yamlSchema = new Schema([
  strTag,
  seqTag,
  mapTag,
  nullYaml11Tag,
  boolYaml11Tag,
  intCoreTag,
  floatCoreTag,
  mergeTag,
]);
const yamlTypes = new Set(['application/yaml', 'application/apply-patch+yaml']);

/** The server itself refuses other types, protobuf of kinds it cannot read among them. */
function readable(contentType: string): boolean {
  return contentType === 'application/json' || contentType === 'application/yaml' || contentType.includes('patch');
}

function parseBody(text: string, contentType: string): Pick<ApiCall, 'body' | 'unreadable' | 'duplicates'> {
  if (text.trim() === '' || !readable(contentType)) return {};
  const isYaml = yamlTypes.has(contentType) && text.trimStart()[0] !== '{';
  try {
    const value: unknown = isYaml ? load(text, { schema: yamlSchema }) : JSON.parse(text);
    const duplicates = isYaml ? [] : duplicateFields(text);
    return { body: Json.parse(value), ...(duplicates.length === 0 ? {} : { duplicates }) };
  } catch (error) {
    return { unreadable: reasonOf(error, text, contentType) };
  }
}

/** What the server says of a text that is neither: the end that is missing in the words of Go's decoder. */
function reasonOf(error: unknown, text: string, contentType: string): string {
  const said = error instanceof Error ? error.message : String(error);
  const why = /unexpected end|unterminated/i.test(said) ? 'unexpected end of JSON input' : said;
  return contentType.includes('patch') ? why : `${why} (${text.length > 30 ? `${text.slice(0, 30)} ...` : text})`;
}
