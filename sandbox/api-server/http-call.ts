/** An HTTP request as the server takes it: path, query, and the body parsed from JSON, YAML or protobuf. */

import type { IncomingMessage } from 'node:http';
import { load } from 'js-yaml';
import { Json } from '../../crds/schema/json.ts';
import type { ApiCall } from './contract.ts';
import { fromProtobuf, protobufType } from './protobuf.ts';
import { badRequest, StatusError } from './status-error.ts';

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
  const body = decoded ?? parseBody(bytes.toString('utf8'), contentType);
  if (body instanceof StatusError) return body;
  return {
    caller: { user, userAgent: request.headers['user-agent'] ?? '' },
    method: request.method ?? 'GET',
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    contentType: decoded === undefined ? contentType : 'application/json',
    accept: request.headers.accept ?? '',
    ...(body === undefined ? {} : { body }),
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

const yamlTypes = new Set(['application/yaml', 'application/apply-patch+yaml']);

/** The server itself refuses other types, protobuf of kinds it cannot read among them. */
function readable(contentType: string): boolean {
  return contentType === 'application/json' || contentType === 'application/yaml' || contentType.includes('patch');
}

function parseBody(text: string, contentType: string): Json | undefined | StatusError {
  if (text.trim() === '' || !readable(contentType)) return undefined;
  const firstLetter = text.trimStart()[0];
  try {
    const value: unknown = yamlTypes.has(contentType) && firstLetter !== '{' ? load(text) : JSON.parse(text);
    return Json.parse(value);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    if (contentType.endsWith('patch+json')) return badRequest(`error decoding patch: ${said}`);
    return badRequest(`the object provided is unrecognized: couldn't get version/kind; json parse error: ${said}`);
  }
}
