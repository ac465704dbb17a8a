/** Turns a host into the addresses that may be connected to: resolved once, every one judged, so that the connection can be pinned. */
import { lookup } from 'node:dns/promises';
import { type AddressPolicy, canonicalHost, checkAddress, checkHost, isHostAllowed } from './address-policy.ts';
import { ipText, parseIp } from './ip.ts';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Asks DNS for all addresses of a name; rejects when there is none. Tests inject their own. */
export type Resolver = (host: string) => Promise<readonly ResolvedAddress[]>;

export type Resolution =
  | { readonly kind: 'ok'; readonly addresses: readonly ResolvedAddress[] }
  | { readonly kind: 'refused' | 'unreachable'; readonly why: string };

/** The system resolver, which also reads odd notations of addresses as the connecting code would. */
export async function systemResolver(host: string): Promise<readonly ResolvedAddress[]> {
  const found = await lookup(host, { all: true, verbatim: true });
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
}

/**
 * Resolves and judges a host. One refused address refuses the host: a name that answers with a good and a bad address
 * is how rebinding attacks begin. Reused by `source` for Git hosts.
 */
export async function resolveHost(
  host: string,
  policy: AddressPolicy,
  options: { readonly port?: number; readonly resolver?: Resolver } = {},
): Promise<Resolution> {
  const name = canonicalHost(host);
  const verdict = checkHost(name, policy, options.port);
  if (verdict.kind === 'refused') return verdict;
  if (verdict.kind === 'allowed') {
    return { kind: 'ok', addresses: [literal(name)] };
  }
  return resolveName(name, policy, options);
}

/** Odd notations of IPv4 (`0x7f.1`) become dotted text, so that what was judged is what is connected to. */
function literal(name: string): ResolvedAddress {
  const ip = parseIp(name);
  return ip?.bits === 32 ? { address: ipText(ip), family: 4 } : { address: name, family: 6 };
}

async function resolveName(
  name: string,
  policy: AddressPolicy,
  options: { readonly port?: number; readonly resolver?: Resolver },
): Promise<Resolution> {
  let addresses: readonly ResolvedAddress[];
  try {
    addresses = await (options.resolver ?? systemResolver)(name);
  } catch (error) {
    return { kind: 'unreachable', why: `the host ${name} could not be resolved (${dnsCode(error)})` };
  }
  if (addresses.length === 0) return { kind: 'unreachable', why: `the host ${name} has no address` };
  const byName = isHostAllowed(name, policy);
  for (const { address } of addresses) {
    const effective = byName ? { ...policy, allow: [...(policy.allow ?? []), address] } : policy;
    const verdict = checkAddress(address, effective, options.port);
    if (verdict.kind === 'refused') return { kind: 'refused', why: `the host ${name} is refused: ${verdict.why}` };
  }
  return { kind: 'ok', addresses };
}

function dnsCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'no answer';
}
