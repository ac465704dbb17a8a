/** The sandbox in a process of its own, so that its memory is its own: tells its parent how to reach it. */

import { startSandbox } from '../../sandbox/sandbox.ts';

export interface SandboxTold {
  readonly startMs: number;
  readonly kubeconfigPath: string;
  readonly server: string;
  readonly caData: string;
  readonly adminToken: string;
}

const before = performance.now();
const sandbox = await startSandbox({ seed: 1 });
const { kubeconfigPath, server, caData, adminToken } = sandbox;
process.send?.({ startMs: performance.now() - before, kubeconfigPath, server, caData, adminToken });
process.once('disconnect', () => void sandbox.stop().then(() => process.exit()));
