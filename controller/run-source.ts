/** Runs process 2, the source process, with the settings that concern it. */

import { join } from 'node:path';
import { runSource } from '../source/main.ts';
import type { ControllerConfig } from './config.ts';
import { controllerLog } from './log.ts';
import { version } from './version.ts';

/** Resolves to the exit code once the signal has ended it. */
export async function runSourceProcess(config: ControllerConfig, signal: AbortSignal): Promise<number> {
  const log = controllerLog(config.logLevel, 'source');
  await runSource(
    {
      socketPath: config.sourceSocket ?? join(config.dataDir, 'source.sock'),
      dataDir: join(config.dataDir, 'source'),
      version,
      addresses: {
        allow: config.allowAddress,
        restrictPrivate: config.restrictPrivate,
        apiServer: config.refuseAddress,
      },
      allowFile: config.allowFileRepositories,
      kustomizePath: config.kustomizePath,
      log: (level, message, fields) => log[level](message, fields),
      ...(config.keysDir === undefined ? {} : { keysDir: config.keysDir }),
    },
    config.endWithStdin ? AbortSignal.any([signal, endOfStdin()]) : signal,
  );
  return 0;
}

/** Aborts when whoever holds the other end of standard input is gone, so that a killed controller leaves no process behind. */
function endOfStdin(): AbortSignal {
  const end = new AbortController();
  process.stdin
    .on('end', () => end.abort())
    .on('error', () => end.abort())
    .resume();
  return end.signal;
}
