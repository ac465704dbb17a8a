/** Connects a command to the cluster that its flags name. */

import { apiVersionName, type Dialect, dialectOf } from '../crds/schema/dialect.ts';
import { type Keys, keys } from '../crds/schema/keys.ts';
import type { CallOptions, KubeClient, ObjectKey } from '../kube/api.ts';
import { kubeClient } from '../kube/client.ts';
import { loadKubeConfig } from '../kube/config.ts';
import type { Access, Connection } from '../kube/connection.ts';
import { discovery } from '../kube/discovery.ts';
import { transport } from '../kube/transport.ts';
import { apiError, CliError, exitCode } from './exit-code.ts';
import { durationFlag, type SharedFlags } from './flags.ts';
import { type Terminal, wantsColour } from './terminal.ts';
import type { Style } from './view/style.ts';

export interface Session {
  readonly client: KubeClient;
  readonly call: CallOptions;
  readonly server: string;
  readonly namespace: string;
  readonly dialect: Dialect;
  readonly keys: Keys;
  readonly style: Style;
  readonly flags: SharedFlags;
  readonly terminal: Terminal;
  close(): void;
}

/** @throws CliError when a flag or the kubeconfig is wrong. Nothing is sent yet. */
export async function openSession(flags: SharedFlags, terminal: Terminal, version: string): Promise<Session> {
  const dialect = dialectOf(flags.apiGroup);
  if (dialect === undefined) {
    throw new CliError(exitCode.usage, `--api-group is "${flags.apiGroup}": use tidegate.io or argoproj.io`);
  }
  const timeoutMs = durationFlag('--request-timeout', flags.requestTimeout);
  const connection = overridden(await readConnection(flags, terminal), flags);
  const sender = transport({ connection, userAgent: `kubectl-tidegate/${version}` });
  return {
    client: kubeClient(sender, discovery(sender, { clock: terminal.clock })),
    call: { timeoutMs, signal: terminal.signal },
    server: connection.server,
    namespace: flags.namespace ?? connection.namespace,
    dialect,
    keys: keys(dialect),
    style: { colour: wantsColour(flags.color, terminal), ascii: flags.ascii },
    flags,
    terminal,
    close: () => sender.close(),
  };
}

async function readConnection(flags: SharedFlags, { env }: Terminal): Promise<Connection> {
  const { kubeconfig, context } = flags;
  try {
    return await loadKubeConfig({
      env,
      ...(kubeconfig === undefined ? {} : { path: kubeconfig }),
      ...(context === undefined ? {} : { context }),
    });
  } catch (error) {
    throw new CliError(exitCode.unexpected, error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** The kubeconfig's connection with what flags put over it. */
function overridden(connection: Connection, flags: SharedFlags): Connection {
  return {
    ...connection,
    server: flags.server?.replace(/\/$/, '') ?? connection.server,
    access: async () => overriddenAccess(await connection.access(), flags),
    renew: () => connection.renew(),
  };
}

function overriddenAccess(access: Access, flags: SharedFlags): Access {
  const { cert, key, ...tls } = access.tls;
  // A client certificate would win over the token, so a given token stands alone.
  const identity = flags.token === undefined && cert !== undefined && key !== undefined ? { cert, key } : {};
  return {
    headers: {
      ...access.headers,
      ...header('authorization', flags.token && `Bearer ${flags.token}`),
      ...header('impersonate-user', flags.as),
      ...header('impersonate-group', flags.asGroup),
      ...header('impersonate-uid', flags.asUid),
    },
    tls: { ...tls, ...identity, insecure: tls.insecure || flags.insecureSkipTlsVerify },
  };
}

function header(name: string, value: string | undefined): Record<string, string> {
  return value ? { [name]: value } : {};
}

export function rolloutKey(session: Session, name: string): ObjectKey {
  return { group: session.dialect.group, kind: 'Rollout', namespace: session.namespace, name };
}

/**
 * The name the API server knows the caller by (with --as the impersonated one): commands carry it, and an admission rule
 * may compare it. @throws CliError when the server does not say.
 */
export async function whoAmI(session: Session): Promise<string> {
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview', metadata: { name: '' } };
  const answer = await session.client.create(review, session.call);
  if (answer.kind !== 'ok') throw apiError('find out who you are', answer);
  const status = answer.object.status;
  const user = typeof status === 'object' && status !== null && 'userInfo' in status ? status.userInfo : undefined;
  if (typeof user === 'object' && user !== null && 'username' in user && typeof user.username === 'string')
    return user.username;
  throw new CliError(exitCode.unexpected, 'cannot find out who you are: the API server named no user');
}

export const viewApiVersion = 'view.tidegate.io/v1';
export const rolloutApiVersion = (dialect: Dialect): string => `${dialect.group}/${apiVersionName}`;
