/** Write keys of the operator: files in one folder, each with the namespaces it serves and the repositories it may be sent to. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { z } from 'zod';
import { SourceFault } from './fault.ts';
import type { Repository } from './url.ts';

const NAME = /^[a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?$/;

/**
 * The content of a key file (YAML or JSON), named `<key>`, `<key>.yaml` or `<key>.json`. `repositories` are address prefixes that end at a `/`
 * or at the whole address: without them a tenant could name a server of its own as repository and be sent the operator's token.
 */
const OperatorKey = z
  .strictObject({
    namespaces: z.array(z.string()).min(1),
    repositories: z.array(z.string()).min(1),
    token: z.string().optional(),
    username: z.string().optional(),
    password: z.string().optional(),
    sshPrivateKey: z.string().optional(),
    knownHosts: z.string().optional(),
    caFile: z.string().optional(),
  })
  .refine(
    (key) =>
      key.token !== undefined ||
      key.password !== undefined ||
      (key.sshPrivateKey !== undefined && key.knownHosts !== undefined),
    {
      message: 'needs token, or username and password, or sshPrivateKey and knownHosts',
    },
  );
export type OperatorKey = z.infer<typeof OperatorKey>;

/** Reads the key anew at each use, so a rotated file counts at once. Throws SourceFault `refused` with the reason. */
export async function readOperatorKey(
  keysDir: string | undefined,
  wanted: { key: string; namespace: string },
  repository: Repository,
): Promise<OperatorKey> {
  const refuse = (why: string) =>
    new SourceFault(
      'refused',
      `The operator key ${JSON.stringify(wanted.key)} can't be used for ${repository.url}: ${why}.`,
    );
  if (keysDir === undefined) throw refuse('the operator has mounted no keys (--keys-dir)');
  if (!NAME.test(wanted.key)) throw refuse('its name is not valid');
  const text = await firstFile(
    [wanted.key, `${wanted.key}.yaml`, `${wanted.key}.json`].map((name) => join(keysDir, name)),
  );
  if (text === undefined) throw refuse('there is no such key');
  const parsed = OperatorKey.safeParse(parse(text));
  if (!parsed.success)
    throw refuse(
      `its file is not valid: ${parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; ')}`,
    );
  const { namespaces, repositories } = parsed.data;
  if (!namespaces.includes('*') && !namespaces.includes(wanted.namespace))
    throw refuse(`it does not serve namespace ${JSON.stringify(wanted.namespace)}`);
  if (!repositories.some((prefix) => covers(prefix, repository.url)))
    throw refuse('the operator has not listed that repository for it');
  return parsed.data;
}

function covers(prefix: string, url: string): boolean {
  const bare = prefix.replace(/\.git$/, '').replace(/\/+$/, '');
  const address = url.replace(/\.git$/, '');
  return bare !== '' && (address === bare || address.startsWith(`${bare}/`));
}

function parse(text: string): unknown {
  try {
    return load(text);
  } catch (error) {
    // The parser's message quotes the file, which holds the key: only that it failed may be said.
    return error instanceof Error ? 'not YAML' : undefined;
  }
}

async function firstFile(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
  return undefined;
}
