/**
 * The kubeconfig format: reads one or several files as kubectl does (first mention of a name wins) and finds cluster and
 * user of one context. Paths inside a file are relative to that file.
 */

import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { load } from 'js-yaml';
import { z } from 'zod';

const text = z.string().nullish();

const ClusterEntry = z.object({
  server: z.string().min(1),
  'certificate-authority': text,
  'certificate-authority-data': text,
  'insecure-skip-tls-verify': z.boolean().nullish(),
  'tls-server-name': text,
  'proxy-url': text,
});

const UserEntry = z.object({
  'client-certificate': text,
  'client-certificate-data': text,
  'client-key': text,
  'client-key-data': text,
  token: text,
  tokenFile: text,
  username: text,
  password: text,
  as: text,
  'as-groups': z.array(z.string()).nullish(),
  exec: z.looseObject({ command: z.string(), apiVersion: text }).nullish(),
  'auth-provider': z.looseObject({ name: z.string() }).nullish(),
});

const ContextEntry = z.object({ cluster: z.string(), user: z.string().nullish(), namespace: text });

const KubeconfigFile = z.object({
  'current-context': text,
  clusters: z.array(z.object({ name: z.string(), cluster: ClusterEntry })).nullish(),
  users: z.array(z.object({ name: z.string(), user: UserEntry.nullish() })).nullish(),
  contexts: z.array(z.object({ name: z.string(), context: ContextEntry })).nullish(),
});

export type ClusterEntry = z.infer<typeof ClusterEntry>;
export type UserEntry = z.infer<typeof UserEntry>;

export interface KubeconfigContext {
  readonly cluster: ClusterEntry;
  readonly user: UserEntry;
  readonly userName: string;
  readonly namespace: string;
}

interface Merged {
  current: string | undefined;
  readonly clusters: Map<string, ClusterEntry>;
  readonly users: Map<string, UserEntry>;
  readonly contexts: Map<string, z.infer<typeof ContextEntry>>;
}

/** Throws one sentence that names the file and what is wrong with it. Files that do not exist are skipped, as kubectl does, unless none is left. */
export function readKubeconfig(paths: readonly string[], contextName?: string): KubeconfigContext {
  const merged: Merged = { current: undefined, clusters: new Map(), users: new Map(), contexts: new Map() };
  const found = paths.filter((path) => mergeFile(merged, path));
  if (found.length === 0) throw new Error(`no kubeconfig found: looked for ${paths.join(', ')}`);
  const where = found.join(', ');
  const wanted = contextName ?? merged.current ?? '';
  const context = merged.contexts.get(wanted);
  if (context === undefined) throw new Error(missing(where, 'context', wanted, merged.contexts));
  const cluster = merged.clusters.get(context.cluster);
  if (cluster === undefined) throw new Error(missing(where, 'cluster', context.cluster, merged.clusters));
  const userName = context.user ?? '';
  const user = merged.users.get(userName) ?? (userName === '' ? UserEntry.parse({}) : undefined);
  if (user === undefined) throw new Error(missing(where, 'user', userName, merged.users));
  return { cluster, user, userName, namespace: context.namespace || 'default' };
}

function missing(where: string, what: string, name: string, known: ReadonlyMap<string, unknown>): string {
  const names = [...known.keys()].join(', ') || 'none';
  return `kubeconfig ${where}: ${what} "${name}" is not in it; known: ${names}`;
}

/** False when the file does not exist. */
function mergeFile(merged: Merged, path: string): boolean {
  const content = readIfThere(path);
  if (content === undefined) return false;
  const file = parseFile(path, content);
  const base = dirname(path);
  merged.current ??= file['current-context'] || undefined;
  for (const { name, cluster } of file.clusters ?? []) keepFirst(merged.clusters, name, absoluteCluster(base, cluster));
  for (const { name, user } of file.users ?? []) keepFirst(merged.users, name, absoluteUser(base, user ?? {}));
  for (const { name, context } of file.contexts ?? []) keepFirst(merged.contexts, name, context);
  return true;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new Error(`kubeconfig ${path} cannot be read`, { cause: error });
  }
}

function parseFile(path: string, content: string): z.infer<typeof KubeconfigFile> {
  let value: unknown;
  try {
    value = load(content);
  } catch (error) {
    throw new Error(`kubeconfig ${path} is not YAML`, { cause: error });
  }
  const parsed = KubeconfigFile.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`kubeconfig ${path}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a kubeconfig'}`);
}

function keepFirst<T>(into: Map<string, T>, name: string, value: T): void {
  if (!into.has(name)) into.set(name, value);
}

function absoluteCluster(base: string, cluster: ClusterEntry): ClusterEntry {
  return { ...cluster, 'certificate-authority': absolute(base, cluster['certificate-authority']) };
}

function absoluteUser(base: string, user: UserEntry): UserEntry {
  const exec = user.exec && { ...user.exec, command: absoluteCommand(base, user.exec.command) };
  return {
    ...user,
    'client-certificate': absolute(base, user['client-certificate']),
    'client-key': absolute(base, user['client-key']),
    tokenFile: absolute(base, user.tokenFile),
    exec,
  };
}

function absolute(base: string, path: string | null | undefined): string | undefined {
  if (!path) return undefined;
  return isAbsolute(path) ? path : join(base, path);
}

/** A bare command name is looked up in PATH; one with a slash is relative to the kubeconfig. */
function absoluteCommand(base: string, command: string): string {
  return command.includes('/') && !isAbsolute(command) ? join(base, command) : command;
}
