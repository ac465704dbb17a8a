/**
 * The kubeconfig file of a sandbox: readable by its user only, in a folder that goes with it unless it was given.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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

/** JSON, which every reader of YAML takes. A given folder stays, the file goes. */
export function writeKubeconfig(access: Access, folder: string | undefined): KubeconfigFile {
  const home = folder ?? mkdtempSync(join(tmpdir(), 'tidegate-sandbox-'));
  mkdirSync(home, { recursive: true });
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
  return { path, remove: () => rmSync(folder === undefined ? home : path, { recursive: true, force: true }) };
}
