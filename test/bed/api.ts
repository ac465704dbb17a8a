/** A bare client of a test cluster's API server, independent of the product's own: requests as an admin, and server-side apply. */
import { request as httpsRequest } from 'node:https';
import { z } from 'zod';

export interface ApiAnswer {
  status: number;
  body: unknown;
}

/** Any Kubernetes object, as far as the bed needs to know it. */
export interface BedObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; [field: string]: unknown };
  [field: string]: unknown;
}

export interface BedApi {
  /** Sends a request; never throws for an HTTP status. */
  request(method: string, path: string, body?: unknown, contentType?: string): Promise<ApiAnswer>;
  /** GET that must succeed. */
  get(path: string): Promise<unknown>;
  /** Server-side apply of each object in order (field manager `test-bed`, forced); gives them as stored. */
  apply(...objects: BedObject[]): Promise<unknown[]>;
}

export interface BedApiOptions {
  server: string;
  caData: string;
  token: string;
}

const resourceList = z.object({
  resources: z.array(z.object({ name: z.string(), kind: z.string(), namespaced: z.boolean() })),
});

/** A client that authenticates with a bearer token. */
export function bedApi(options: BedApiOptions): BedApi {
  const ca = Buffer.from(options.caData, 'base64');
  const send: BedApi['request'] = (method, path, body, contentType = 'application/json') =>
    new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${options.token}`,
        accept: 'application/json',
        'content-type': contentType,
      };
      const call = httpsRequest(new URL(path, options.server), { method, ca, headers, timeout: 20_000 }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        answer.once('error', reject);
        answer.once('end', () => resolve({ status: answer.statusCode ?? 0, body: parse(text) }));
      });
      call.once('timeout', () => call.destroy(new Error(`${method} ${path}: no answer within 20 s`)));
      call.once('error', reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });

  const get = async (path: string): Promise<unknown> => good(await send('GET', path), `GET ${path}`);
  const applyOne = async (object: BedObject): Promise<unknown> => {
    const path = `${await resourcePath(get, object)}/${object.metadata.name}?fieldManager=test-bed&force=true`;
    return good(
      await send('PATCH', path, object, 'application/apply-patch+yaml'),
      `apply ${object.kind} ${object.metadata.name}`,
    );
  };
  return {
    request: send,
    get,
    async apply(...objects) {
      const stored: unknown[] = [];
      for (const object of objects) stored.push(await applyOne(object));
      return stored;
    },
  };
}

/** The collection's path, by the server's own discovery. */
async function resourcePath(get: BedApi['get'], object: BedObject): Promise<string> {
  const group = object.apiVersion.includes('/') ? `/apis/${object.apiVersion}` : `/api/${object.apiVersion}`;
  const { resources } = resourceList.parse(await get(group));
  const resource = resources.find((each) => each.kind === object.kind && !each.name.includes('/'));
  if (resource === undefined) throw new Error(`the API server knows no ${object.kind} in ${object.apiVersion}`);
  const scope = resource.namespaced ? `/namespaces/${object.metadata.namespace ?? 'default'}` : '';
  return `${group}${scope}/${resource.name}`;
}

function good(answer: ApiAnswer, what: string): unknown {
  if (answer.status >= 200 && answer.status < 300) return answer.body;
  throw new Error(`${what} answered ${answer.status}: ${JSON.stringify(answer.body).slice(0, 2_000)}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
