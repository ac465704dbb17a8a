/** Renders with the kustomize program: scan first, then a private folder with nothing but the inputs, then a build without network, plugins or git. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SourceFault } from '../fault.ts';
import type { Fetcher } from '../fetch.ts';
import type { Pool } from '../pool.ts';
import { redact } from '../redact.ts';
import type { Session } from '../repository.ts';
import { run, type RunResult } from '../run.ts';
import type { TreeEntry } from '../tree.ts';
import type { Closure } from './closure.ts';
import { type InputLimits, readInputs } from './inputs.ts';
import { kustomizationIn, scanKustomizations } from './kustomize-scan.ts';
import { documentsOf, objectsOf } from './objects.ts';
import type { Rendered } from './rendered.ts';

export interface KustomizeTool {
  /** Undefined when none was found. */
  readonly path: string | undefined;
  readonly version: string | undefined;
  readonly tmpDir: string;
  readonly pool: Pool;
  readonly timeoutMs: number;
  readonly maxOutputBytes: number;
  readonly maxMemoryBytes: number;
}

const SYMLINK = '120000';
const MANIFEST = /\.(?:ya?ml|json)$/i;

/** Builds the kustomization of `path`. */
export async function renderKustomize(
  tool: KustomizeTool,
  session: Session,
  fetcher: Fetcher,
  closure: Closure,
  path: string,
  limits: InputLimits,
): Promise<Rendered> {
  if (tool.path === undefined)
    throw new SourceFault(
      'internal',
      `Path ${path} of ${session.repository.url} is a kustomization, but the source process has no kustomize program (--kustomize-path).`,
    );
  await prefetch(session, fetcher, closure);
  const scan = await scanKustomizations(session, fetcher, closure, path, limits);
  if (scan.problems.length > 0) return { kind: 'invalid', problems: scan.problems };
  const contents = await readInputs(session, fetcher, scan.inputs, limits);
  const encrypted = [...contents].find(
    ([name, content]) => MANIFEST.test(name) && /^sops:\s*$/m.test(content.toString('utf8')),
  );
  if (encrypted !== undefined) {
    return {
      kind: 'invalid',
      problems: [
        {
          path: encrypted[0],
          message: `${encrypted[0]}: encrypted Secret without a key: the file is encrypted with SOPS and decryption is not supported yet; create the Secret in the cluster by other means and remove it from Git.`,
        },
      ],
    };
  }
  const folder = await mkdtemp(join(tool.tmpDir, 'build-'));
  try {
    await layOut(join(folder, 'tree'), scan.inputs, contents);
    return await build(tool, session, folder, path, kustomizationIn(closure, path) ?? path, scan.inputs);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** One request for all manifests of the closure, where following one kustomization after another would need one each. */
async function prefetch(session: Session, fetcher: Fetcher, closure: Closure): Promise<void> {
  const manifests = [...closure.files.values()].filter(
    (entry) => MANIFEST.test(entry.path) || entry.path.endsWith('Kustomization'),
  );
  await fetcher.blobs(
    session,
    manifests.slice(0, 2_000).map((entry) => entry.id),
  );
}

async function layOut(
  root: string,
  inputs: readonly TreeEntry[],
  contents: ReadonlyMap<string, Buffer>,
): Promise<void> {
  for (const input of inputs) {
    const path = join(root, input.path);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const content = contents.get(input.path) ?? Buffer.alloc(0);
    // Where a link leads was followed by the scan: inside the closure, or it was refused.
    if (input.mode === SYMLINK) await symlink(content.toString('utf8'), path);
    else await writeFile(path, content, { mode: 0o600 });
  }
}

async function build(
  tool: KustomizeTool,
  session: Session,
  folder: string,
  path: string,
  file: string,
  inputs: readonly TreeEntry[],
): Promise<Rendered> {
  const result = await runBuild(tool, session, folder, path);
  if (result.kind !== 'done') throw buildFault(result, session, path, tool);
  if (result.code !== 0) {
    const why = redact(result.stderr.replaceAll(join(folder, 'tree'), '').replaceAll(folder, ''), []).replace(
      /^Error: /,
      '',
    );
    return {
      kind: 'invalid',
      problems: [
        {
          path: file,
          message: `${file}: kustomize build failed: ${why === '' ? `exit code ${result.code}` : why.replace(/\.$/, '')}; correct the kustomization.`,
        },
      ],
    };
  }
  const read = documentsOf(file, result.stdout);
  if (read.problems.length > 0) return { kind: 'invalid', problems: read.problems };
  const objects = objectsOf(read.documents.map(({ value, path: at }) => ({ value, path: at })));
  if (objects.kind === 'invalid') return objects;
  if (objects.objects.length === 0)
    return {
      kind: 'invalid',
      problems: [
        { path: file, message: `${file}: kustomize builds no objects from it; add resources, or delete the GitSync.` },
      ],
    };
  return { kind: 'ok', renderer: rendererOf(tool), objects: objects.objects, inputs };
}

async function runBuild(tool: KustomizeTool, session: Session, folder: string, path: string): Promise<RunResult> {
  const empty = join(folder, 'empty');
  await mkdir(empty, { mode: 0o700 });
  const flags = [
    '--load-restrictor=LoadRestrictionsRootOnly',
    '--enable-alpha-plugins=false',
    '--enable-exec=false',
    '--enable-helm=false',
  ];
  // No program can be found on this PATH, and a download that slipped past the scan ends at a closed port.
  const env = {
    PATH: empty,
    HOME: empty,
    TMPDIR: empty,
    LC_ALL: 'C',
    HTTP_PROXY: DEAD_PROXY,
    HTTPS_PROXY: DEAD_PROXY,
    NO_PROXY: '',
  };
  const spec = {
    program: tool.path ?? 'kustomize',
    args: ['build', ...flags, '--', join(folder, 'tree', path)],
    cwd: empty,
    env: { ...env, GOMEMLIMIT: String(Math.floor(tool.maxMemoryBytes / 2)), GOMAXPROCS: '2' },
    timeoutMs: tool.timeoutMs,
    signal: session.signal,
    maxOutputBytes: tool.maxOutputBytes,
    maxMemoryBytes: tool.maxMemoryBytes,
    maxFileBytes: tool.maxOutputBytes,
  };
  return tool.pool.use(session.signal, () => run(spec));
}

const DEAD_PROXY = 'http://127.0.0.1:9';

/** Goes into the digest: another version may build other objects from the same files. */
function rendererOf(tool: KustomizeTool): string {
  return `kustomize/${tool.version ?? 'unknown'}/1`;
}

function buildFault(
  result: Exclude<RunResult, { kind: 'done' }>,
  session: Session,
  path: string,
  tool: KustomizeTool,
): SourceFault {
  const what = `kustomize build of path ${path} of ${session.repository.url}`;
  switch (result.kind) {
    case 'timeout':
      return new SourceFault('timeout', `The ${what} took longer than ${tool.timeoutMs} ms.`);
    case 'aborted':
      return new SourceFault('timeout', `The ${what} was not done in time.`);
    case 'too-large':
      return new SourceFault('too-large', `The ${what} gave more than ${tool.maxOutputBytes} bytes.`);
    case 'no-program':
      return new SourceFault('internal', `The ${what} could not start: ${result.why}.`);
  }
}
