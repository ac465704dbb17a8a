/**
 * Under which addresses the API server can be reached: what a user names must never lead there, neither a metrics backend
 * nor a Git host, since a request from inside the controller's Pod may pass where the user's own would not.
 */

import { type ResolvedAddress, systemResolver } from '../outbound/resolve.ts';
import { isJsonObject, type JsonObject } from '../crds/schema/json.ts';
import type { Log, Transport } from '../kube/api.ts';
import { withPort } from './config.ts';

const askTimeoutMs = 3_000;
const endpointsPath = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';
const servicePath = '/api/v1/namespaces/default/services/kubernetes';

export interface ApiAddressesOptions {
  /** URL that the controller itself uses. */
  readonly server: string;
  readonly transport: Pick<Transport, 'send'>;
  readonly log: Log;
  readonly resolver?: (host: string) => Promise<readonly ResolvedAddress[]>;
}

/**
 * `address:port` of the controller's own way to the server, of the Service default/kubernetes and of the servers behind
 * it. Asked once at start; what can't be had is told in the log and left out.
 */
export async function apiAddresses(options: ApiAddressesOptions): Promise<readonly string[]> {
  const [own, service, endpoints] = await Promise.all([ownWay(options), serviceOf(options), endpointsOf(options)]);
  return [...new Set([...own, ...service, ...endpoints])];
}

/** The names of a URL are looked up, since the policy compares addresses. */
async function ownWay({ server, log, resolver = systemResolver }: ApiAddressesOptions): Promise<readonly string[]> {
  const { hostname, port, protocol } = new URL(server);
  const host = hostname.replace(/^\[|\]$/g, '');
  const wanted = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
  try {
    return (await resolver(host)).map(({ address }) => withPort(address, wanted));
  } catch (cause) {
    log.warn('the host of the API server has no address here', { host, error: cause });
    return [];
  }
}

async function serviceOf(options: ApiAddressesOptions): Promise<readonly string[]> {
  const service = await get(options, servicePath, {});
  const spec = isJsonObject(service?.['spec']) ? service['spec'] : {};
  const ips = [...texts(spec['clusterIPs']), ...texts([spec['clusterIP']])].filter((ip) => ip !== 'None');
  return pairs(ips, ports(spec['ports']));
}

async function endpointsOf(options: ApiAddressesOptions): Promise<readonly string[]> {
  const found = await get(options, endpointsPath, { labelSelector: 'kubernetes.io/service-name=kubernetes' });
  return objects(found?.['items']).flatMap((slice) => {
    const addresses = objects(slice['endpoints']).flatMap((endpoint) => texts(endpoint['addresses']));
    return pairs(addresses, ports(slice['ports']));
  });
}

async function get(
  { transport, log }: ApiAddressesOptions,
  path: string,
  query: Readonly<Record<string, string>>,
): Promise<JsonObject | undefined> {
  const answer = await transport.send({ method: 'GET', path, query, pool: 'read', timeoutMs: askTimeoutMs });
  if (answer.kind === 'ok') return answer.object;
  log.warn('addresses of the API server could not be read', { path, answer: answer.kind });
  return undefined;
}

function pairs(addresses: readonly string[], portNumbers: readonly number[]): readonly string[] {
  return addresses.flatMap((address) => portNumbers.map((port) => withPort(address, port)));
}

function ports(value: unknown): readonly number[] {
  return objects(value).flatMap(({ port }) => (typeof port === 'number' ? [port] : []));
}

function objects(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
