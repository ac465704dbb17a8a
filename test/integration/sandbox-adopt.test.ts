/**
 * Adoption on the sandbox: there and back many times, and with the plugin cut at every write. The same as in the end-to-end
 * tests, without the real servers, so it runs in moments.
 */

import { afterAll, beforeAll, describe, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { bedApi } from '../bed/api.ts';
import { makeTempDir, removeTempDir } from '../bed/temp-dir.ts';
import { pluginDies } from '../e2e/adopt/crashes.ts';
import type { Loss } from '../e2e/adopt/cut.ts';
import { rounds } from '../e2e/adopt/round-trip.ts';
import type { Stage } from '../e2e/adopt/stage.ts';
import { type RolloutRoom, startRolloutRoom } from './rollout-room.ts';

const withinMs = 600_000;

describe('adoption on the sandbox', () => {
  let sandbox: Sandbox;
  let room: RolloutRoom;
  let stage: Stage;
  const folder = makeTempDir('sandbox-adopt');

  beforeAll(async () => {
    sandbox = await startSandbox({ seed: 1, startDelayMs: 50, drainMs: 500 });
    const { kubeconfigPath, server, caData, adminToken, gatewayUrl: url } = sandbox;
    room = await startRolloutRoom({ kubeconfigPath });
    const api = bedApi({ server, caData, token: adminToken });
    const kubectl = () => Promise.reject(new Error('there is no kubectl here'));
    const parentRef = { name: 'sandbox', namespace: 'default', sectionName: 'web' };
    const stop = async () => undefined;
    stage = {
      cluster: { api, kubeconfigPath, server, caData, adminToken, kubectl },
      gateway: { url, parentRef },
      folder,
      stopController: () => room.stop(),
      stop,
    };
  }, 120_000);
  afterAll(async () => {
    await room?.stop();
    await sandbox?.stop();
    removeTempDir(folder);
  });

  it('ten rounds of adopt and eject leave nothing behind', () => rounds(stage, 'round', 10), withinMs);

  it.each<Loss>(['drop', 'swallow'])(
    'the plugin dies at each write (%s), is run again, and the end state is the same',
    (loss) => pluginDies(stage, `dies-${loss}`, loss),
    withinMs,
  );
});
