/** What the demo needs of the sandbox. Types only; sandbox/sandbox.ts satisfies it. */

import type { Clock } from '../../../kube/api.ts';
import type { ApiServer } from '../../api-server/contract.ts';
import type { RequestCount } from '../../gateway/request-counts.ts';

export interface SimulatedCluster {
  readonly kubeconfigPath: string;
  readonly server: string;
  readonly caData: string;
  readonly gatewayUrl: string;
  readonly prometheusUrl: string;
  readonly clock: Clock;
  readonly clockFrom: number;
  readonly rate: number;
  readonly api: ApiServer;
  readonly gateway: { counts(): readonly RequestCount[] };
  stop(): Promise<void>;
}
