/**
 * A Kubernetes API server inside the process: one request in, one reply out, at once and without any I/O. What it answers
 * is recorded from a real server (test/conformance); what stock kubectl and the product need is there, and no more.
 */

import type { ApiCall, ApiReply, ApiServer, ApiServerOptions } from './contract.ts';
import type { Core } from './core.ts';
import { serveDefinitions } from './definitions.ts';
import { kindRegistry } from './kind-registry.ts';
import { keepNamespaces } from './namespaces.ts';
import { newUid } from './object-names.ts';
import { route } from './routes.ts';
import { StatusError } from './status-error.ts';
import { makeStore } from './store.ts';
import { tokenStore } from './tokens.ts';

/** How many commits a watch may go back when nobody says otherwise. */
const defaultHistorySize = 5_000;
/** etcd is compacted every five minutes. */
const historyMs = 300_000;

/** A server with the namespaces `default`, `kube-system`, `kube-public` and `kube-node-lease`, and nothing else. */
export function apiServer(options: ApiServerOptions): ApiServer {
  const { clock, random } = options;
  const store = makeStore(() => clock.now(), { historySize: options.historySize ?? defaultHistorySize, historyMs });
  const adminToken = options.adminToken ?? newUid(random);
  const tokens = tokenStore({ store, now: () => clock.now(), random, adminToken });
  const core: Core = { store, tokens, kinds: kindRegistry(), clock, random };
  serveDefinitions(core);
  keepNamespaces(core);
  return {
    handle: (call) => answer(core, call),
    adminToken,
    authenticate: (token) => tokens.userOf(token)?.username,
    onCommit: (handler) => store.onCommit(handler),
    revision: () => store.revision(),
    size: () => ({ objects: store.objects() }),
  };
}

/** Refusals become replies; whatever else is thrown is a bug and passes on. */
function answer(core: Core, call: ApiCall): ApiReply {
  try {
    return route(core, call);
  } catch (error) {
    if (error instanceof StatusError) return { kind: 'object', status: error.code, body: error.status };
    throw error;
  }
}
