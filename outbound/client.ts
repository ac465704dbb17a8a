/**
 * The HTTP client for addresses that users name: judges every address before connecting, pins the connection to what was
 * judged, keeps one deadline over redirects, caps the body, and says in one of a few words how it ended.
 */
import http from 'node:http';
import https from 'node:https';
import axios, { type AxiosRequestConfig, type AxiosResponse } from 'axios';
import type { AddressPolicy } from './address-policy.ts';
import { failureOutcome } from './failure.ts';
import type { Credentials, Outbound, OutboundOutcome, OutboundRequest } from './outcome.ts';
import { type Hop, nextHop } from './redirect.ts';
import { type ResolvedAddress, type Resolver, resolveHost } from './resolve.ts';
import { signed } from './signature.ts';

export const defaultMaxBytes = 16 * 1024 * 1024;
const maxRedirects = 5;

export interface OutboundOptions {
  readonly policy: AddressPolicy;
  readonly userAgent: string;
  readonly resolver?: Resolver;
}

interface Deadline {
  readonly signal: AbortSignal;
  readonly timedOut: () => boolean;
}

/** Makes the client; it holds no state and no connections, so nothing needs closing. */
export function outboundClient(options: OutboundOptions): Outbound {
  return { send: (request) => send(request, options) };
}

async function send(request: OutboundRequest, options: OutboundOptions): Promise<OutboundOutcome> {
  const url = URL.parse(request.url);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') {
    return { kind: 'refused', why: 'the address is not a complete http or https URL' };
  }
  const timeout = AbortSignal.timeout(Math.max(1, Math.round(request.timeoutMs)));
  const deadline: Deadline = {
    signal: AbortSignal.any([request.signal, timeout]),
    timedOut: () => timeout.aborted && !request.signal.aborted,
  };
  const credentials = request.credentials ?? userInfo(url);
  let hop: Hop = { url: withoutUserInfo(url), method: request.method, body: request.body };
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const answer = await sendHop(
      hop,
      { ...request, ...(credentials === undefined ? {} : { credentials }) },
      options,
      deadline,
    );
    if (answer.kind !== 'response') return answer;
    const next = nextHop(hop, answer);
    if (next.kind === 'final') return answer;
    if (next.kind === 'refused') return next;
    hop = next.hop;
  }
  return { kind: 'refused', why: `${hop.url.host} redirected more than ${maxRedirects} times` };
}

/** Credentials written into the URL itself, as curl and Go read them. */
function userInfo(url: URL): Credentials | undefined {
  if (url.username === '' && url.password === '') return undefined;
  return { kind: 'basic', username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
}

function withoutUserInfo(url: URL): URL {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare;
}

async function sendHop(
  hop: Hop,
  request: OutboundRequest,
  options: OutboundOptions,
  deadline: Deadline,
): Promise<OutboundOutcome> {
  const port = Number(hop.url.port) || (hop.url.protocol === 'https:' ? 443 : 80);
  const resolution = await orAborted(
    resolveHost(hop.url.hostname, options.policy, {
      port,
      ...(options.resolver ? { resolver: options.resolver } : {}),
    }),
    deadline.signal,
  );
  if (resolution === 'aborted') return aborted(hop, deadline);
  if (resolution.kind !== 'ok') return resolution;
  try {
    const { credentials } = request;
    const own = credentials?.kind === 'sigv4' ? await signed(hop, request.headers ?? {}, credentials) : undefined;
    const response: AxiosResponse<Buffer> = await axios.request(
      config(
        own?.hop ?? hop,
        own ? { ...request, headers: own.headers } : request,
        resolution.addresses,
        options,
        deadline,
      ),
    );
    return {
      kind: 'response',
      status: response.status,
      headers: flatHeaders(response),
      body: Buffer.from(response.data ?? '').toString('utf8'),
    };
  } catch (error) {
    if (deadline.signal.aborted) return aborted(hop, deadline);
    return failureOutcome(error, hop.url, request.maxBytes ?? defaultMaxBytes);
  }
}

function aborted(hop: Hop, deadline: Deadline): OutboundOutcome {
  if (deadline.timedOut()) return { kind: 'timeout', why: `${hop.url.host} did not answer in time` };
  return { kind: 'cancelled', why: `the request to ${hop.url.host} was given up` };
}

/** DNS questions cannot be taken back, so the deadline only stops waiting for them. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | 'aborted'> {
  if (signal.aborted) return 'aborted';
  const { promise, resolve } = Promise.withResolvers<'aborted'>();
  const onAbort = (): void => resolve('aborted');
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function config(
  hop: Hop,
  request: OutboundRequest,
  addresses: readonly ResolvedAddress[],
  options: OutboundOptions,
  deadline: Deadline,
): AxiosRequestConfig {
  return {
    url: hop.url.href,
    method: hop.method,
    adapter: 'http',
    headers: {
      'user-agent': options.userAgent,
      accept: '*/*',
      ...request.headers,
      ...authorization(request.credentials),
    },
    data: hop.body,
    signal: deadline.signal,
    responseType: 'arraybuffer',
    transformRequest: [(data: unknown) => data],
    transformResponse: [(data: unknown) => data],
    validateStatus: () => true,
    maxRedirects: 0,
    maxContentLength: request.maxBytes ?? defaultMaxBytes,
    proxy: false,
    httpAgent: new http.Agent({ keepAlive: false }),
    httpsAgent: new https.Agent({ keepAlive: false, rejectUnauthorized: request.insecure !== true }),
    lookup: pinned(addresses),
  };
}

/** Answers every name with the judged addresses, so that a second DNS answer cannot lead elsewhere. */
function pinned(addresses: readonly ResolvedAddress[]): AxiosRequestConfig['lookup'] {
  return (_host: string, _options: object, done: (error: Error | null, found: ResolvedAddress[]) => void) => {
    done(null, [...addresses]);
  };
}

function authorization(credentials: Credentials | undefined): Record<string, string> {
  // A signature stands among the headers already.
  if (credentials === undefined || credentials.kind === 'sigv4') return {};
  if (credentials.kind === 'bearer') return { authorization: `Bearer ${credentials.token}` };
  const pair = Buffer.from(`${credentials.username}:${credentials.password}`, 'utf8').toString('base64');
  return { authorization: `Basic ${pair}` };
}

function flatHeaders(response: AxiosResponse): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    flat[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : String(value);
  }
  return flat;
}
