/** IP addresses in texts, and those no endpoint may have. */

import { isIP } from 'node:net';

export function addressFamily(text: string): 'IPv4' | 'IPv6' | undefined {
  const version = isIP(text);
  if (version === 0) return undefined;
  return version === 4 ? 'IPv4' : 'IPv6';
}

/** Why an address can't be one of an endpoint; undefined when it can. */
export function addressRange(text: string): string | undefined {
  if (text === '0.0.0.0' || text === '::') return `may not be unspecified (${text})`;
  if (text.startsWith('127.') || text === '::1') return 'may not be in the loopback range (127.0.0.0/8, ::1/128)';
  if (text.startsWith('169.254.') || /^fe[89ab][0-9a-f]:/i.test(text))
    return 'may not be in the link-local range (169.254.0.0/16, fe80::/10)';
  return /^224\.0\.0\.|^ff02:/i.test(text)
    ? 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'
    : undefined;
}
