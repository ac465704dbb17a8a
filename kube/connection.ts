/**
 * How to reach one API server and as whom: the result of reading a kubeconfig or the in-cluster files.
 */

import type { TlsIdentity } from './pools.ts';

/** What one call needs: authentication headers and the TLS identity of its connection. */
export interface Access {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsIdentity;
}

export interface Connection {
  /** Base address, without a slash at the end. */
  readonly server: string;
  /** Namespace of the context or of the pod; 'default' when none is given. */
  readonly namespace: string;
  readonly proxyUrl?: string;
  /** Cheap to call per request: files are read again at most once a minute, plugins run again when their credential expires. */
  access(): Promise<Access>;
  /** Forgets cached credentials: called after a 401. */
  renew(): void;
}

/** A connection with fixed credentials, for tests and for servers that need none. */
export function fixedConnection(server: string, token?: string): Connection {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const access: Access = { headers, tls: { insecure: false } };
  return { server, namespace: 'default', access: () => Promise.resolve(access), renew: () => undefined };
}
