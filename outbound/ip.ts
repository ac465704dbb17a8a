/** Reads IP addresses and CIDR ranges in every notation that a resolver accepts, so that no odd spelling slips past a check. */

export interface Ip {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

export interface Cidr {
  readonly ip: Ip;
  readonly prefix: number;
}

/** The parts of an IPv4 address as `inet_aton` reads them: 1 to 4 parts, each decimal, octal (leading 0) or hexadecimal. */
function ipv4Parts(text: string): bigint[] | undefined {
  const parts = text.split('.');
  if (parts.length > 4) return undefined;
  const values: bigint[] = [];
  for (const part of parts) {
    if (/^0[xX][0-9a-fA-F]{1,16}$/.test(part)) values.push(BigInt(part));
    else if (/^0[0-7]{1,20}$/.test(part)) values.push(BigInt(`0o${part.slice(1)}`));
    else if (/^(0|[1-9][0-9]{0,15})$/.test(part)) values.push(BigInt(part));
    else return undefined;
  }
  return values;
}

function parseIpv4(text: string): Ip | undefined {
  const parts = ipv4Parts(text.endsWith('.') ? text.slice(0, -1) : text);
  const last = parts?.at(-1);
  if (parts === undefined || last === undefined) return undefined;
  const lead = parts.slice(0, -1);
  const lastBits = BigInt(32 - 8 * lead.length);
  if (lead.some((part) => part > 255n) || last >= 1n << lastBits) return undefined;
  const high = lead.reduce((sum, part) => (sum << 8n) | part, 0n);
  return { bits: 32, value: (high << lastBits) | last };
}

/** The 16-bit groups of one side of `::`; a dotted IPv4 tail counts as two groups. */
function ipv6Groups(text: string): bigint[] | undefined {
  if (text === '') return [];
  const groups: bigint[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (part.includes('.') && index === parts.length - 1) {
      const tail = /^\d{1,3}(\.\d{1,3}){3}$/.test(part) ? parseIpv4(part) : undefined;
      if (tail === undefined) return undefined;
      groups.push(tail.value >> 16n, tail.value & 0xffffn);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(BigInt(`0x${part}`));
    else return undefined;
  }
  return groups;
}

function parseIpv6(text: string): Ip | undefined {
  const sides = text.split('::');
  if (sides.length > 2) return undefined;
  const head = ipv6Groups(sides[0] ?? '');
  const tail = sides.length === 2 ? ipv6Groups(sides[1] ?? '') : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (sides.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const zeros = Array.from({ length: missing }, () => 0n);
  return { bits: 128, value: [...head, ...zeros, ...tail].reduce((sum, group) => (sum << 16n) | group, 0n) };
}

/** Reads an address, with or without brackets and zone; undefined when the text is a name. */
export function parseIp(text: string): Ip | undefined {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  const noZone = bare.split('%')[0] ?? '';
  if (noZone === '') return undefined;
  return noZone.includes(':') ? parseIpv6(noZone) : parseIpv4(noZone);
}

/** Reads `10.0.0.0/8`, `fd00::/8` or a bare address (a range of one). */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', prefixText, ...rest] = text.split('/');
  const ip = parseIp(address);
  if (ip === undefined || rest.length > 0) return undefined;
  if (prefixText === undefined) return { ip, prefix: ip.bits };
  const prefix = /^\d{1,3}$/.test(prefixText) ? Number(prefixText) : -1;
  return prefix >= 0 && prefix <= ip.bits ? { ip, prefix } : undefined;
}

export function isInCidr(ip: Ip, cidr: Cidr): boolean {
  if (ip.bits !== cidr.ip.bits) return false;
  const shift = BigInt(ip.bits - cidr.prefix);
  return ip.value >> shift === cidr.ip.value >> shift;
}

const NAT64 = 0x0064_ff9b_0000_0000_0000_0000n;

/**
 * The IPv4 address that an IPv6 address leads to: mapped (`::ffff:a.b.c.d`), compatible (`::a.b.c.d`), NAT64 (`64:ff9b::/96`)
 * and 6to4 (`2002::/16`). Undefined for all others, and for `::` and `::1`, which are IPv6 addresses in their own right.
 */
export function embeddedIpv4(ip: Ip): Ip | undefined {
  if (ip.bits === 32) return undefined;
  const high = ip.value >> 32n;
  const low = ip.value & 0xffff_ffffn;
  const carriesLow = high === 0xffffn || (high === 0n && low > 1n) || high === NAT64;
  if (carriesLow) return { bits: 32, value: low };
  if (ip.value >> 112n === 0x2002n) return { bits: 32, value: (ip.value >> 80n) & 0xffff_ffffn };
  return undefined;
}

/** Dotted or plain hexadecimal text, for sentences. */
export function ipText(ip: Ip): string {
  if (ip.bits === 32) return [24n, 16n, 8n, 0n].map((shift) => String((ip.value >> shift) & 255n)).join('.');
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((ip.value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16),
  );
  return groups.join(':').replace(/(^|:)0(:0)+(:|$)/, '::');
}
