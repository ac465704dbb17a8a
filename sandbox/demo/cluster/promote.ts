/** Promotes at the gate as a person would: with the CLI of this checkout, as a process of its own. */

import { join } from 'node:path';
import { appName, appNamespace } from '../shop-files.ts';
import { root, runNode } from './child.ts';

export const promoteCommand = `kubectl tidegate promote ${appName} -n ${appNamespace}`;
const timeoutMs = 30_000;

export interface Promoted {
  readonly ok: boolean;
  /** What the CLI said. */
  readonly said: string;
}

export async function promote(kubeconfigPath: string): Promise<Promoted> {
  const args = ['promote', appName, '--namespace', appNamespace, '--kubeconfig', kubeconfigPath];
  const { code, text } = await runNode([join(root, 'cli', 'main.ts'), ...args], timeoutMs);
  return { ok: code === 0, said: text };
}
