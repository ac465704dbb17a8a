/**
 * The stage of the compatibility scenarios: a real control plane with the resources of Argo Rollouts, simulated pods, and the
 * controller as a process started with `--api-group argoproj.io` and an instance id. Every scenario has a namespace of its own.
 */

import { afterAll, beforeAll, describe, it } from 'vitest';
import { crdManifests } from '../../../crds/manifests.ts';
import { argoDialect } from '../../../crds/schema/dialect.ts';
import { loadKubeConfig } from '../../../kube/config.ts';
import { type ApiTransport, transport } from '../../../kube/transport.ts';
import { type Kubelet, startKubelet } from '../../../sandbox/kubelet/kubelet.ts';
import type { BedObject } from '../../bed/api.ts';
import { type Cluster, clusterMissing, startCluster } from '../../bed/cluster.ts';
import { makeTempDir, removeTempDir } from '../../bed/temp-dir.ts';
import { type ControllerProcess, startController } from '../controller-process.ts';
import { type App, makeApp } from './app.ts';
import { type Recording, startRecording } from './recording.ts';

export const instanceId = 'compat';

export interface Stage {
  readonly cluster: Cluster;
  readonly recording: Recording;
  readonly controller: ControllerProcess;
  readonly kubelet: Kubelet;
}

/** Declares one scenario; scenarios of a file run beside each other. The title ends with the rows that it shows. */
export type Scenario = (title: string, play: (app: App, stage: Stage) => Promise<void>, withinMs?: number) => void;

interface StageOptions {
  /** Applied first, such as further CRDs. */
  readonly objects?: readonly BedObject[];
  /** Flags of the controller. */
  readonly flags?: readonly string[];
  /** Variables of the controller, asked for when `prepare` is done. */
  readonly env?: () => Readonly<Record<string, string>>;
  /** Brings in what takes more than objects, before the controller starts. */
  readonly prepare?: (cluster: Cluster) => Promise<void>;
  /** Why this stage can't be set up here. */
  readonly missing?: string | undefined;
}

/** Declares a file's scenarios on one stage. */
export function onStage(topic: string, declare: (scenario: Scenario) => void, options: StageOptions = {}): void {
  const missing = clusterMissing() ?? options.missing;
  describe.skipIf(missing !== undefined)(`${topic}${missing ? ` (skipped: ${missing})` : ''}`, () => {
    const parts: { stage?: Stage; folder?: string; wire?: ApiTransport } = {};
    let made = 0;
    beforeAll(async () => {
      parts.folder = makeTempDir('compat');
      const cluster = await startCluster();
      const crds = crdManifests(argoDialect) as unknown as BedObject[];
      await cluster.api.apply(...crds, ...(options.objects ?? []));
      await options.prepare?.(cluster);
      await cluster.api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'tidegate' } });
      parts.wire = transport({
        connection: await loadKubeConfig({ path: cluster.kubeconfigPath }),
        userAgent: 'recording',
      });
      const recording = startRecording(parts.wire);
      const kubelet = await startKubelet({
        kubeconfigPath: cluster.kubeconfigPath,
        nodeName: 'node-1',
        addresses: 'none',
        startDelayMs: 100,
        drainMs: 100,
      });
      const controller = await startController({
        kubeconfigPath: cluster.kubeconfigPath,
        folder: parts.folder,
        // A machine that stands still for a moment must not cost the only controller its lead.
        leaseDurationMs: 60_000,
        ...(options.env === undefined ? {} : { env: options.env() }),
        flags: [
          '--api-group',
          'argoproj.io',
          '--instance-id',
          instanceId,
          '--analysis-secrets',
          'controller',
          ...(options.flags ?? []),
        ],
      });
      parts.stage = { cluster, recording, controller, kubelet };
    }, 180_000);
    afterAll(async () => {
      await parts.stage?.controller.stop({ graceMs: 3_000 });
      await parts.stage?.kubelet.stop();
      await parts.stage?.recording.stop();
      parts.wire?.close();
      await parts.stage?.cluster.stop();
      if (parts.folder !== undefined) removeTempDir(parts.folder);
    });

    declare((title, play, withinMs = 120_000) => {
      it.concurrent(
        `${title}`,
        async () => {
          const { stage } = parts;
          if (stage === undefined) throw new Error('the stage did not start');
          made += 1;
          await play(await makeApp(stage, `app-${made}`, instanceId), stage);
        },
        withinMs,
      );
    });
  });
}
