/** For tests: a source process inside the test, served on its real socket, beside a folder of bare repositories. */
import { join } from 'node:path';
import { type RepositoryStore, repositoryStore } from '../../bed/git-repository.ts';
import { makeTempDir, removeTempDir } from '../../bed/temp-dir.ts';
import { sourceClient } from '../../../source/client.ts';
import type { Credentials, MergeRequest, Source } from '../../../source/contract.ts';
import { runSource, type SourceConfig } from '../../../source/main.ts';

export interface Workbench {
  readonly source: Source;
  readonly repositories: RepositoryStore;
  readonly socketPath: string;
  readonly dataDir: string;
  /** `file://` address of a repository of the store. */
  url(name: string): string;
  stop(): Promise<void>;
}

/** Ready to be called when it resolves. */
export async function startWorkbench(overrides: Partial<SourceConfig> = {}): Promise<Workbench> {
  const folder = makeTempDir('source');
  const socketPath = join(folder, 'socket', 's');
  const dataDir = overrides.dataDir ?? join(folder, 'data');
  const stop = new AbortController();
  const ended = runSource({ ...sourceConfig(folder), ...overrides, socketPath, dataDir }, stop.signal);
  const source = sourceClient({ socketPath });
  await Promise.race([ended, untilServed(source)]);
  const repositories = repositoryStore(folder);
  return {
    source,
    repositories,
    socketPath,
    dataDir,
    url: (name) => `file://${join(folder, `${name}.git`)}`,
    async stop() {
      stop.abort();
      await ended;
      removeTempDir(folder);
    },
  };
}

export function sourceConfig(folder: string): SourceConfig {
  return {
    socketPath: join(folder, 'socket', 's'),
    dataDir: join(folder, 'data'),
    version: '0.0.0-test',
    allowFile: true,
    addresses: { allow: ['127.0.0.1/32'] },
  };
}

/** Resolves when the process answers. */
export async function untilServed(source: Source): Promise<void> {
  for (;;) {
    const answer = await source.ping({ deadlineMs: 2_000 });
    if (answer.kind === 'ok') return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const noCredentials: Credentials = { kind: 'none' };

/** What every call has in common in tests. */
export function at(repository: string, credentials: Credentials = noCredentials) {
  return { repository, credentials, deadlineMs: 15_000 };
}

/** The parts of a merge that seldom matter. */
export const mergeWords: Pick<MergeRequest, 'message' | 'author' | 'at'> = {
  message: 'Revert shop\n\nReverts: bad\n',
  author: { name: 'tidegate', email: 'tidegate@example.com' },
  at: '2026-01-02T03:04:05Z',
};
