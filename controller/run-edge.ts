/** Runs process 3, edge, with the settings that concern it. It needs no right in the cluster. */

import { readFile } from 'node:fs/promises';
import { forwardHints } from '../edge/forward.ts';
import { startEdge } from '../edge/server.ts';
import { systemClock } from '../kube/clock.ts';
import type { ControllerConfig } from './config.ts';
import { controllerLog } from './log.ts';

/** Resolves to the exit code once the signal has ended it. Rejects when a setting is missing, a file can't be read or the port is taken. */
export async function runEdgeProcess(config: ControllerConfig, signal: AbortSignal): Promise<number> {
  const log = controllerLog(config.logLevel, 'edge');
  const { controllers } = config;
  const secretFile = needed(config.webhookSecretFile, '--webhook-secret-file', 'the secret of the webhook');
  const tokenFile = needed(config.hintTokenFile, '--hint-token-file', 'the token that the controllers take hints with');
  if (controllers.length === 0)
    throw new Error('edge needs --controllers: the URLs of the hint ports of the controllers.');
  const secrets = async () => linesOf(await readFile(secretFile, 'utf8'));
  const token = async () => (await readFile(tokenFile, 'utf8')).trim();
  if ((await secrets()).length === 0) throw new Error(`${secretFile} of --webhook-secret-file is empty.`);
  if ((await token()) === '') throw new Error(`${tokenFile} of --hint-token-file is empty.`);
  const options = { controllers, token, clock: systemClock, log, signal };
  const sending = new Set<Promise<void>>();
  const edge = await startEdge({
    port: config.webhookPort,
    address: config.listenAddress,
    secrets,
    forward: (hints) => {
      const sent = forwardHints(hints, options).finally(() => sending.delete(sent));
      sending.add(sent);
    },
    log,
    monotonicMs: () => systemClock.monotonicMs(),
    perMinute: config.webhooksPerMinute,
  });
  log.info('edge takes webhooks', { port: edge.port, controllers });
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await edge.close();
  await Promise.all(sending);
  log.info('stopped');
  return 0;
}

function needed(value: string | undefined, flag: string, what: string): string {
  if (value === undefined) throw new Error(`edge needs ${flag}: the file with ${what}.`);
  return value;
}

/** One secret a line, so that an old and a new one can both be valid for a while. */
function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
