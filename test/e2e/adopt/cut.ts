/** A way to the API server that is cut at a chosen write: what was on its way is lost, or carried out with its answer lost. */

import { join } from 'node:path';
import { makeServerTls } from '../../../sandbox/api-server/certificate.ts';
import { writeKubeconfig } from '../../bed/kubeconfig.ts';
import { startApiProxy } from '../../faults/proxy/api-proxy.ts';
import type { Stage } from './stage.ts';

export type Loss = 'drop' | 'swallow';

export interface Cuttable {
  readonly kubeconfigPath: string;
  /** From now on the `number`th write ends the connection for good. */
  cutAt(number: number, loss: Loss): void;
  /** True when that write has come. */
  wasCut(): boolean;
  mend(): void;
  close(): Promise<void>;
}

/** `onCut` is told once, in the moment of the cut. */
export async function cuttable(stage: Stage, name: string, onCut: () => void = () => undefined): Promise<Cuttable> {
  const { cluster } = stage;
  const at = { number: Number.POSITIVE_INFINITY, loss: 'drop' as Loss, count: 0, isCut: false };
  const proxy = await startApiProxy({
    upstream: cluster,
    tls: await makeServerTls(),
    judge: () => {
      at.count += 1;
      if (at.isCut || at.count !== at.number) return { kind: 'deliver' };
      at.isCut = true;
      return {
        kind: at.loss,
        after: async () => {
          proxy.cut();
          onCut();
        },
      };
    },
  });
  const target = { server: proxy.url, caData: proxy.caData };
  const user = { kind: 'token', token: cluster.adminToken } as const;
  return {
    kubeconfigPath: writeKubeconfig(join(stage.folder, `${name}.kubeconfig`), target, user),
    cutAt: (number, loss) => Object.assign(at, { number, loss, count: 0, isCut: false }),
    wasCut: () => at.isCut,
    mend: () => {
      Object.assign(at, { number: Number.POSITIVE_INFINITY, isCut: false });
      proxy.mend();
    },
    close: () => proxy.close(),
  };
}
