/** The controller's way to the source process: the socket of one that runs beside it, or a child that it starts itself. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Log } from '../kube/api.ts';
import { sourceClient } from '../source/client.ts';
import type { Source } from '../source/contract.ts';
import type { ControllerConfig } from './config.ts';
import { startSourceProcess } from './source-process.ts';

export interface SourceConnection {
  readonly client: Source;
  /** Resolves when a child, if there is one, has ended. */
  readonly ended: Promise<void>;
}

export interface SourceConnectionOptions {
  readonly config: ControllerConfig;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

export function connectSource(options: SourceConnectionOptions): SourceConnection {
  const { config } = options;
  if (config.sourceSocket !== undefined)
    return { client: sourceClient({ socketPath: config.sourceSocket }), ended: Promise.resolve() };
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const socketPath = join(config.dataDir, 'source.sock');
  const child = startSourceProcess({
    command: [
      process.execPath,
      ...process.execArgv,
      process.argv[1] ?? '',
      'source',
      ...sourceFlags(config, socketPath),
    ],
    env: childEnvironment(),
    clock: options.clock,
    log: options.log,
    signal: options.signal,
  });
  return { client: sourceClient({ socketPath }), ended: child.ended };
}

function sourceFlags(config: ControllerConfig, socketPath: string): readonly string[] {
  const optional = config.keysDir === undefined ? [] : ['--keys-dir', config.keysDir];
  return [
    '--source-socket',
    socketPath,
    '--data-dir',
    config.dataDir,
    '--kustomize-path',
    config.kustomizePath,
    '--restrict-private',
    String(config.restrictPrivate),
    '--allow-file-repositories',
    String(config.allowFileRepositories),
    '--log-level',
    config.logLevel,
    '--end-with-stdin',
    'true',
    ...optional,
    ...config.allowAddress.flatMap((address) => ['--allow-address', address]),
    ...config.refuseAddress.flatMap((address) => ['--refuse-address', address]),
  ];
}

/** Only what programs need to be found and to keep temporary files: nothing that leads to the cluster. */
function childEnvironment(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    ['PATH', 'TMPDIR', 'LANG'].flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
