/**
 * A process that contends for a lease and, as leader, writes into a ConfigMap every 50 ms through the write gate. Tests
 * stop and continue it by signals. Prints one line per turn of events: `leader TERM`, `write ok|REASON`, `end OUTCOME`.
 * Arguments: kubeconfig, identity, ConfigMap name.
 */

import type { Leadership } from '../api.ts';
import { kubeClient } from '../client.ts';
import { systemClock } from '../clock.ts';
import { loadKubeConfig } from '../config.ts';
import { discovery } from '../discovery.ts';
import { runForLeader } from '../lease.ts';
import { silentLog } from '../silent-log.ts';
import { transport } from '../transport.ts';

const [path = '', identity = '', target = ''] = process.argv.slice(2);
let current: Leadership | undefined;
const connection = await loadKubeConfig({ path });
const api = transport({ connection, userAgent: 'lease-process', gate: () => current });
const client = kubeClient(api, discovery(api));
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function lead(leadership: Leadership): Promise<void> {
  current = leadership;
  say(`leader ${leadership.term}`);
  const over = AbortSignal.any([leadership.signal, stop.signal]);
  while (!over.aborted) {
    const key = { group: '', kind: 'ConfigMap', namespace: 'default', name: target };
    const result = await client.merge(key, { data: { writer: identity, at: String(Date.now()) } }, {});
    say(`write ${result.kind === 'ok' ? 'ok' : 'reason' in result ? result.reason : result.kind}`);
    await systemClock.sleep(50, over);
  }
}

const end = await runForLeader(
  {
    transport: api,
    leases: [{ namespace: 'default', name: 'test-lease' }],
    identity,
    clock: systemClock,
    log: silentLog,
    durations: { leaseMs: 6_000, renewDeadlineMs: 4_500, retryMs: 400 },
  },
  lead,
  stop.signal,
);
say(`end ${end}`);
process.exit(0);
