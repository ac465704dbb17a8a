/** The question whether this process may talk to a Git host, and at which addresses: the same policy that rules every other address users name. */
import type { AddressPolicy } from '../outbound/address-policy.ts';
import { resolveHost, type Resolver } from '../outbound/resolve.ts';

export type HostAnswer =
  /** Connect to these addresses only, whatever DNS says a moment later. Never empty; IPv4 first. */
  | { readonly kind: 'ok'; readonly addresses: readonly string[] }
  | { readonly kind: 'refused' | 'unreachable'; readonly why: string };

export type HostCheck = (host: string, port: number) => Promise<HostAnswer>;

/** Asks the outbound policy. `resolver` is DNS unless a test gives its own. */
export function hostCheck(policy: AddressPolicy, resolver?: Resolver): HostCheck {
  return async (host, port) => {
    const answer = await resolveHost(host, policy, resolver === undefined ? { port } : { port, resolver });
    if (answer.kind !== 'ok') return answer;
    const sorted = answer.addresses.toSorted((a, b) => a.family - b.family);
    return { kind: 'ok', addresses: sorted.map((entry) => entry.address) };
  };
}
