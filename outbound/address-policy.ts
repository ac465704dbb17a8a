/** Which network addresses a tenant-named URL or Git host may lead to. No input or output of its own: the caller resolves names. */
import { type Cidr, embeddedIpv4, type Ip, ipText, isInCidr, parseCidr, parseIp } from './ip.ts';

export interface AddressPolicy {
  /** CIDRs, addresses or exact host names that are always allowed: for tests, the demo, and what the operator says. */
  readonly allow?: readonly string[];
  /** Refuse private ranges too (`--restrict-private`). */
  readonly restrictPrivate?: boolean;
  /**
   * Addresses of the API server, as `address` (refused on every port unless listed in `allow`) or `address:port`
   * (refused on that port whatever `allow` says).
   */
  readonly apiServer?: readonly string[];
}

export type AddressVerdict = { readonly kind: 'allowed' } | { readonly kind: 'refused'; readonly why: string };

interface Range {
  readonly cidr: Cidr;
  readonly name: string;
}

function ranges(name: string, ...cidrs: string[]): Range[] {
  return cidrs.map((text) => {
    const cidr = parseCidr(text);
    if (cidr === undefined) throw new Error(`bad CIDR ${text}`);
    return { cidr, name };
  });
}

/** Cloud metadata services that lie outside link-local: AWS over IPv6, Alibaba, Oracle, Azure's wire server. */
const metadataRanges = ranges(
  'a cloud metadata address',
  '169.254.169.254',
  '169.254.170.2',
  '100.100.100.200',
  '192.0.0.192',
  '168.63.129.16',
  'fd00:ec2::254',
  'fd20:ce::254',
);

const alwaysRefused: readonly Range[] = [
  ...metadataRanges,
  ...ranges('an unspecified address', '0.0.0.0/8', '::/128'),
  ...ranges('a loopback address', '127.0.0.0/8', '::1/128'),
  ...ranges('a link-local address', '169.254.0.0/16', 'fe80::/10'),
  ...ranges('a multicast address', '224.0.0.0/4', 'ff00::/8'),
  ...ranges('a reserved address', '192.0.0.0/24', '240.0.0.0/4', '64:ff9b:1::/48', '2001::/32', '100::/64'),
];

const privateRanges = ranges(
  'a private address',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '198.18.0.0/15',
  'fc00::/7',
  'fec0::/10',
);

function refused(host: string, what: string): AddressVerdict {
  return { kind: 'refused', why: `the address ${host} is ${what}, which tenant-named URLs may not reach` };
}

function splitPort(entry: string): { readonly address: string; readonly port?: number } {
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(entry);
  const plain = bracketed ?? /^([^:]+):(\d+)$/.exec(entry);
  if (plain === null) return { address: entry };
  return { address: plain[1] ?? entry, ...(plain[2] === undefined ? {} : { port: Number(plain[2]) }) };
}

function isListed(ip: Ip, list: readonly string[]): boolean {
  return list.some((entry) => {
    const cidr = parseCidr(entry);
    return cidr !== undefined && isInCidr(ip, cidr);
  });
}

function isApiServer(ip: Ip, port: number | undefined, policy: AddressPolicy): 'any-port' | 'this-port' | 'no' {
  let found: 'any-port' | 'no' = 'no';
  for (const entry of policy.apiServer ?? []) {
    const { address, port: wanted } = splitPort(entry);
    const cidr = parseCidr(address);
    if (cidr === undefined || !isInCidr(ip, cidr)) continue;
    if (wanted === undefined) found = 'any-port';
    else if (wanted === port) return 'this-port';
  }
  return found;
}

/**
 * Judges one address in any notation; a text that is no address is refused, since an unread address is not a safe one.
 * IPv6 forms that carry an IPv4 address are judged as both.
 */
export function checkAddress(address: string, policy: AddressPolicy, port?: number): AddressVerdict {
  const ip = parseIp(address);
  if (ip === undefined) return refused(address, 'not an IP address');
  const inner = embeddedIpv4(ip);
  const faces = inner === undefined ? [ip] : [ip, inner];
  const apiServer = faces.map((face) => isApiServer(face, port, policy));
  if (apiServer.includes('this-port')) return refused(address, "the Kubernetes API server's");
  if (faces.some((face) => isListed(face, policy.allow ?? []))) return { kind: 'allowed' };
  if (apiServer.includes('any-port')) return refused(address, "the Kubernetes API server's");
  const hit = faces.flatMap((face) => rangesOf(face, policy)).at(0);
  if (hit === undefined) return { kind: 'allowed' };
  return refused(inner === undefined ? address : `${address} (${ipText(inner)})`, hit.name);
}

function rangesOf(ip: Ip, policy: AddressPolicy): Range[] {
  const refusedRanges = policy.restrictPrivate === true ? [...alwaysRefused, ...privateRanges] : alwaysRefused;
  return refusedRanges.filter((range) => isInCidr(ip, range.cidr));
}

/** A host name without trailing dot, in lower case; brackets of an IPv6 literal are dropped. */
export function canonicalHost(host: string): string {
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  return bare.toLowerCase().replace(/\.$/, '');
}

/** True when the policy allows the host by its exact name, whatever it resolves to. */
export function isHostAllowed(host: string, policy: AddressPolicy): boolean {
  const wanted = canonicalHost(host);
  return (policy.allow ?? []).some((entry) => parseCidr(entry) === undefined && canonicalHost(entry) === wanted);
}

/**
 * Judges a host before it is resolved: literals in any notation, and names that always mean this machine.
 * `unknown` means: resolve it and pass each address to `checkAddress`.
 */
export function checkHost(
  host: string,
  policy: AddressPolicy,
  port?: number,
): AddressVerdict | { readonly kind: 'unknown' } {
  const name = canonicalHost(host);
  if (name === '') return refused(host, 'empty');
  if (parseIp(name) !== undefined) return checkAddress(name, policy, port);
  const isLocalName =
    name === 'localhost' || name.endsWith('.localhost') || name === 'ip6-localhost' || name === 'ip6-loopback';
  if (isLocalName && !isHostAllowed(name, policy) && !isLoopbackAllowed(policy))
    return refused(host, 'a loopback address');
  return { kind: 'unknown' };
}

function isLoopbackAllowed(policy: AddressPolicy): boolean {
  return checkAddress('127.0.0.1', policy).kind === 'allowed';
}
