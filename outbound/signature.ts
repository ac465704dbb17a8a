/** Signs one request with AWS Signature Version 4. The library is loaded with the first signature only. */
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import type { SignatureV4 as Signer } from '@smithy/signature-v4';
import type { SignatureCredentials } from './outcome.ts';
import type { Hop } from './redirect.ts';

export interface Signed {
  /** The same request with its query written in the one way that is signed. */
  readonly hop: Hop;
  readonly headers: Readonly<Record<string, string>>;
}

/** What the library asks of a hash: SHA-256, keyed or not. */
class Sha256 {
  readonly #key: string | Uint8Array | undefined;
  #state: Hash | Hmac;

  constructor(secret?: unknown) {
    this.#key = secret === undefined ? undefined : keyOf(secret);
    this.#state = started(this.#key);
  }

  update(data: Uint8Array): void {
    this.#state.update(data);
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#state.digest()));
  }

  reset(): void {
    this.#state = started(this.#key);
  }
}

function started(key: string | Uint8Array | undefined): Hash | Hmac {
  return key === undefined ? createHash('sha256') : createHmac('sha256', key);
}

function keyOf(secret: unknown): string | Uint8Array {
  if (typeof secret === 'string' || secret instanceof Uint8Array) return secret;
  throw new TypeError('a signing key is a text or bytes');
}

let loaded: Promise<typeof Signer> | undefined;

function signer(): Promise<typeof Signer> {
  loaded ??= import('@smithy/signature-v4').then((library) => library.SignatureV4);
  return loaded;
}

/**
 * The headers given with those of the signature added: `authorization`, `x-amz-date` and for temporary keys
 * `x-amz-security-token`. Signed are the host, the method, the path, the query, the body and the headers given.
 */
export async function signed(
  hop: Hop,
  headers: Readonly<Record<string, string>>,
  { keys, region, service, atMs }: SignatureCredentials,
): Promise<Signed> {
  const url = new URL(hop.url);
  const query = queryOf(url);
  url.search = queryText(query);
  const SignatureV4 = await signer();
  const signature = new SignatureV4({
    service,
    region,
    credentials: { ...keys },
    sha256: Sha256,
    applyChecksum: false,
  });
  const request = await signature.sign(
    {
      method: hop.method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query,
      headers: { ...headers, host: url.host },
      body: hop.body,
    },
    { signingDate: new Date(atMs) },
  );
  const { host: _host, ...rest } = request.headers;
  return { hop: { ...hop, url }, headers: rest };
}

function queryOf(url: URL): Record<string, string | string[]> {
  const query: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  for (const [name, value] of url.searchParams) query[name] = [...(query[name] ?? []), value];
  return query;
}

/** Servers read `+` as they like, so a space is never written so. */
function queryText(query: Record<string, string | string[]>): string {
  return Object.entries(query)
    .flatMap(([name, values]) => [values].flat().map((value) => `${escaped(name)}=${escaped(value)}`))
    .join('&');
}

function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
