/** Writes kubeconfig files for the users of a test cluster. */
import { writeFileSync } from 'node:fs';

export type KubeconfigUser =
  | { kind: 'token'; token: string }
  | { kind: 'certificate'; certificate: string; key: string };

export interface KubeconfigTarget {
  /** https URL of the API server. */
  server: string;
  /** The authority's certificate, PEM in base64. */
  caData: string;
}

/** Writes a kubeconfig with one cluster, user and context; JSON, which every reader of YAML takes. Gives its path. */
export function writeKubeconfig(
  path: string,
  target: KubeconfigTarget,
  user: KubeconfigUser,
  namespace?: string,
): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'bed',
    clusters: [{ name: 'bed', cluster: { server: target.server, 'certificate-authority-data': target.caData } }],
    users: [{ name: 'bed', user: userFields(user) }],
    contexts: [{ name: 'bed', context: { cluster: 'bed', user: 'bed', namespace: namespace ?? 'default' } }],
  };
  writeFileSync(path, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
  return path;
}

function userFields(user: KubeconfigUser): Record<string, string> {
  if (user.kind === 'token') return { token: user.token };
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  return { 'client-certificate-data': base64(user.certificate), 'client-key-data': base64(user.key) };
}
