/** Runs process 2, the source process, with the settings that concern it. */

import { join } from 'node:path';
import { runSource } from '../source/main.ts';
import type { ControllerConfig } from './config.ts';
import { orEndOfStdin } from './end-of-stdin.ts';
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
    orEndOfStdin(config, signal),
  );
  return 0;
}
