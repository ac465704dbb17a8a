/**
 * Hands out pod addresses of one IPv4 range, in order and without reuse until the range is used up.
 */

export interface Addresses {
  /** Throws when every address is taken. `wanted` is given when it lies in the range and is free. */
  take(wanted?: string): string;
  give(address: string): void;
}

/** `cidr` such as 10.244.0.0/16; the network address, the first (a gateway's) and the broadcast address are left out. */
export function podAddresses(cidr: string): Addresses {
  const [base = '', bits = ''] = cidr.split('/');
  const first = toNumber(base) + 2;
  const size = 2 ** (32 - Number(bits)) - 3;
  if (!Number.isFinite(first) || !(size > 0))
    throw new Error(`pod range "${cidr}" is not an IPv4 range such as 10.244.0.0/16`);
  const taken = new Set<number>();
  let next = 0;
  return {
    take(wanted) {
      const at = wanted === undefined ? -1 : toNumber(wanted) - first;
      if (at >= 0 && at < size && !taken.has(at)) {
        taken.add(at);
        return toText(first + at);
      }
      for (let tries = 0; tries < size; tries += 1) {
        const candidate = next % size;
        next += 1;
        if (taken.has(candidate)) continue;
        taken.add(candidate);
        return toText(first + candidate);
      }
      throw new Error(`all ${size} addresses of ${cidr} are taken`);
    },
    give: (address) => void taken.delete(toNumber(address) - first),
  };
}

function toNumber(address: string): number {
  return address.split('.').reduce((so, part) => so * 256 + Number(part), 0);
}

function toText(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}
