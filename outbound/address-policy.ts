/** Which network addresses a tenant-named URL may lead to. Pure apart from parsing; shared by metrics calls and Git hosts. */

export interface AddressPolicy {
  /** CIDRs or bare addresses that are always allowed, for tests and the demo. */
  readonly allow?: readonly string[];
  /** Refuse private ranges too. */
  readonly restrictPrivate?: boolean;
  /** Addresses of the API server; refused whatever their range, unless listed in `allow`. */
  readonly apiServer?: readonly string[];
}

export type AddressVerdict = { readonly kind: 'allowed' } | { readonly kind: 'refused'; readonly why: string };
