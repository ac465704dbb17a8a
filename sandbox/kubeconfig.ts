/**
 * The kubeconfig file of a sandbox: readable by its user only, in a folder that goes with it unless it was given.
 */

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

export interface KubeconfigFile {
  readonly path: string;
  remove(): void;
}

export interface Access {
  /** https URL. */
  readonly server: string;
  /** The certificate to trust, PEM in base64. */
  readonly caData: string;
  readonly token: string;
}

/**
 * JSON, which every reader of YAML takes. The file goes with `remove`, and so do the folders that were made for it as far as
 * nothing else is in them. @throws Error with one sentence when the folder cannot be made.
 */
export function writeKubeconfig(access: Access, folder: string | undefined): KubeconfigFile {
  const { home, firstMade } = homeIn(folder);
  const path = join(home, 'kubeconfig');
  const name = 'sandbox';
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server: access.server, 'certificate-authority-data': access.caData } }],
    users: [{ name, user: { token: access.token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: 'default' } }],
  };
  rmSync(path, { force: true });
  writeFileSync(path, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
  return {
    path,
    remove: () => {
      rmSync(folder === undefined ? home : path, { recursive: true, force: true });
      if (firstMade !== undefined) removeEmpty(home, firstMade);
    },
  };
}

interface Home {
  readonly home: string;
  /** The outermost folder that had to be made; undefined for one that was there or is temporary. */
  readonly firstMade: string | undefined;
}

function homeIn(folder: string | undefined): Home {
  try {
    if (folder === undefined) return { home: mkdtempSync(join(tmpdir(), 'tidegate-sandbox-')), firstMade: undefined };
    const home = resolve(folder);
    return { home, firstMade: makeFolders(home) };
  } catch (error) {
    const where = folder ?? tmpdir();
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const sentence = `no folder for the kubeconfig can be made in "${where}" (${why})`;
    throw new Error(`${sentence}: name one that you may write to.`, { cause: error });
  }
}

/** Gives the outermost folder that had to be made. One by one: Node's own recursive mode never ends below /proc. */
function makeFolders(folder: string): string | undefined {
  if (existsSync(folder)) return undefined;
  const outer = makeFolders(dirname(folder));
  mkdirSync(folder);
  return outer ?? folder;
}

/** From the innermost folder outwards, as far as they are empty. */
function removeEmpty(innermost: string, outermost: string): void {
  let folder = innermost;
  while (folder.length >= outermost.length && readdirSync(folder).length === 0) {
    rmdirSync(folder);
    folder = dirname(folder);
  }
}
