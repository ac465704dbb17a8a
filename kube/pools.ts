/**
 * Keep-alive connections to the API server: separate agents per pool, so that a flood of reads never delays a lease
 * renewal, and separate ones per TLS identity, so that a call with a tenant's token never travels on a connection that
 * carries the process's own client certificate (the API server would then answer with the certificate's rights).
 */

import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Pool } from './api.ts';

/** What a TLS connection proves and trusts, as PEM text. */
export interface TlsIdentity {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
  /** insecure-skip-tls-verify of the kubeconfig. */
  readonly insecure: boolean;
}

export interface Pools {
  agent(pool: Pool, identity: TlsIdentity): HttpAgent;
  /** Ends all connections, also busy ones. */
  close(): void;
}

const maxSockets: Readonly<Record<Pool, number>> = { lease: 2, write: 16, read: 16, watch: Number.POSITIVE_INFINITY };
/** Shorter than the API server's own idle timeout of 90 s, so that it is us who close an idle connection. */
const idleTimeoutMs = 60_000;
/** Rotated certificates leave agents behind: more identities than this and the oldest goes. */
const maxAgents = 32;

/** `proxyUrl` is the kubeconfig's proxy-url; without it HTTPS_PROXY and NO_PROXY of the environment count. */
export function connectionPools(server: URL, proxyUrl?: string): Pools {
  const agents = new Map<string, HttpAgent>();
  const make = (pool: Pool, identity: TlsIdentity): HttpAgent => {
    const common = {
      keepAlive: true,
      keepAliveMsecs: 15_000,
      maxSockets: maxSockets[pool],
      timeout: idleTimeoutMs,
      proxyEnv: proxyEnvironment(proxyUrl),
    };
    if (server.protocol === 'http:') return new HttpAgent(common);
    return new HttpsAgent({ ...common, ...tlsOptions(identity) });
  };
  return {
    agent(pool, identity) {
      const key = JSON.stringify([pool, identity]);
      const known = agents.get(key);
      if (known !== undefined) return known;
      const made = make(pool, identity);
      agents.set(key, made);
      dropOldest(agents);
      return made;
    },
    close() {
      for (const agent of agents.values()) agent.destroy();
      agents.clear();
    },
  };
}

function tlsOptions(identity: TlsIdentity): object {
  return {
    ...(identity.ca === undefined ? {} : { ca: identity.ca }),
    ...(identity.cert === undefined ? {} : { cert: identity.cert, key: identity.key }),
    ...(identity.serverName === undefined ? {} : { servername: identity.serverName }),
    rejectUnauthorized: !identity.insecure,
    minVersion: 'TLSv1.2',
  };
}

function dropOldest(agents: Map<string, HttpAgent>): void {
  if (agents.size <= maxAgents) return;
  const [oldest] = agents.keys();
  if (oldest !== undefined) agents.delete(oldest);
}

function proxyEnvironment(proxyUrl: string | undefined): NodeJS.ProcessEnv {
  if (proxyUrl !== undefined) return { HTTPS_PROXY: proxyUrl, HTTP_PROXY: proxyUrl };
  const { HTTPS_PROXY, https_proxy, NO_PROXY, no_proxy } = process.env;
  return { HTTPS_PROXY, https_proxy, NO_PROXY, no_proxy };
}
