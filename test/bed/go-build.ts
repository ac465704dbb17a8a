/** Builds the bed's programs from the Go modules pinned beside this file, into the cache. */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached, cachedPath, isCached } from './cache.ts';
import { run } from './run-command.ts';
import { makeTempDir, removeTempDir } from './temp-dir.ts';

/** One go.mod and the programs built from it. */
export interface GoPart {
  name: string;
  /** The version of the main program, part of the cache key. */
  version: string;
  /** Folder with the committed go.mod and go.sum. */
  folder: string;
  /** Import paths of the programs. */
  packages: string[];
  /** Programs that the compiler names after their folder and that go by another name: built name → name. */
  renamed?: Readonly<Record<string, string>>;
  /** More linker flags, such as a version stamp. */
  ldflags?: string;
  /** Prepares a vendored copy of the modules before the build, for a module that lacks a generated file. */
  patchVendor?: (vendor: string) => void;
}

const BUILD_TIMEOUT_MS = 30 * 60_000;
const BED = import.meta.dirname;

const KUBERNETES = 'v1.36.3';
const VERSION_PACKAGE = 'k8s.io/component-base/version';

/** etcd, kube-apiserver, kube-controller-manager and kubectl. */
export const controlPlane: GoPart = {
  name: 'control-plane',
  version: KUBERNETES,
  folder: join(BED, 'control-plane'),
  packages: [
    'go.etcd.io/etcd/server/v3',
    'k8s.io/kubernetes/cmd/kube-apiserver',
    'k8s.io/kubernetes/cmd/kube-controller-manager',
    'k8s.io/kubernetes/cmd/kubectl',
  ],
  renamed: { server: 'etcd' },
  ldflags: `-X ${VERSION_PACKAGE}.gitVersion=${KUBERNETES} -X ${VERSION_PACKAGE}.gitMajor=1 -X ${VERSION_PACKAGE}.gitMinor=36`,
};

/** kustomize, which the source process runs. */
export const kustomize: GoPart = {
  name: 'kustomize',
  version: 'v5.8.2',
  folder: join(BED, 'tools'),
  packages: ['sigs.k8s.io/kustomize/kustomize/v5'],
  ldflags: '-X sigs.k8s.io/kustomize/api/provenance.version=v5.8.2',
};

/** Traefik, the gateway. */
export const gateway: GoPart = {
  name: 'traefik',
  version: 'v3.5.0',
  folder: join(BED, 'gateway'),
  packages: ['github.com/traefik/traefik/v3/cmd/traefik'],
  ldflags: '-X github.com/traefik/traefik/v3/pkg/version.Version=3.5.0',
  // The dashboard's built files are embedded but not part of the module.
  patchVendor(vendor) {
    const page = join(vendor, 'github.com/traefik/traefik/v3/webui/static');
    mkdirSync(page, { recursive: true });
    writeFileSync(join(page, 'index.html'), '<!doctype html>\n');
  },
};

/** The part's key in the cache: name, version, and a digest of everything that decides the outcome. */
export function goPartKey(part: GoPart): string {
  const digest = createHash('sha256');
  for (const file of ['go.mod', 'go.sum']) digest.update(readFileSync(join(part.folder, file)));
  digest.update(JSON.stringify([part.packages, part.ldflags]));
  return `${part.name}-${part.version}-${digest.digest('hex').slice(0, 8)}`;
}

/** Path of a built program, without checking that it is there. */
export function goProgram(part: GoPart, program: string): string {
  return join(cachedPath(goPartKey(part)), program);
}

/** Whether the part has been built. */
export function isBuilt(part: GoPart): boolean {
  return isCached(goPartKey(part));
}

/** Builds the part unless it is in the cache; gives its folder. Needs `go` and the module proxy. */
export async function buildGoPart(part: GoPart): Promise<string> {
  return cached(goPartKey(part), async (out) => {
    const work = makeTempDir('go-build');
    try {
      for (const file of ['go.mod', 'go.sum']) cpSync(join(part.folder, file), join(work, file));
      if (part.patchVendor !== undefined) {
        // -e: the file that patchVendor brings is missing until then.
        await run('go', ['mod', 'vendor', '-e'], { cwd: work, timeoutMs: BUILD_TIMEOUT_MS });
        part.patchVendor(join(work, 'vendor'));
      }
      const mode = part.patchVendor === undefined ? '-mod=readonly' : '-mod=vendor';
      const ldflags = `-s -w ${part.ldflags ?? ''}`;
      await run('go', ['build', mode, '-trimpath', '-ldflags', ldflags, '-o', `${out}/`, ...part.packages], {
        cwd: work,
        timeoutMs: BUILD_TIMEOUT_MS,
        // Rarer garbage collection makes the compiler a seventh cheaper and takes about a gigabyte more memory.
        env: { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOFLAGS: '-buildvcs=false', GOGC: '400' },
      });
      for (const [built, name] of Object.entries(part.renamed ?? {})) renameSync(join(out, built), join(out, name));
    } finally {
      removeTempDir(work);
    }
  });
}
