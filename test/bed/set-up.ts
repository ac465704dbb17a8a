/** Gets everything the bed needs onto this machine: Debian packages and Go builds, once, in parallel with other set-up. */
import { fetchGatewayApi, gatewayApiMissing } from './gateway-api.ts';
import { controlPlane, buildGoPart, type GoPart, gateway, isBuilt, kustomize } from './go-build.ts';
import { fetchIstio, istioCached } from './istio.ts';
import { installPackages, missingPackages } from './debian.ts';
import { namespaceRefused } from './network.ts';
import { findProgram, missingProgram } from './programs.ts';

/** What became of one part: `skipped` parts make the tests that need them skip, with this reason. */
export type PartReport =
  | { part: string; kind: 'ready'; seconds: number; fromCache: boolean }
  | { part: string; kind: 'skipped'; seconds: number; why: string };

/**
 * Makes every part ready that can be made ready here; never throws for one that can't. `report` hears of each at once.
 * Go builds run one after the other, since each already uses every core.
 */
export async function ensureTools(report: (part: PartReport) => void = () => undefined): Promise<PartReport[]> {
  const attempt = async (part: string, isThere: () => boolean, make: () => Promise<unknown>): Promise<PartReport> => {
    const done = await attempted(part, isThere, make);
    report(done);
    return done;
  };
  const debian = attempt('debian-packages', () => missingPackages().length === 0, installPackages);
  const network = attempt(
    'network-namespace',
    () => false,
    async () => {
      await debian;
      const why = await namespaceRefused();
      if (why !== undefined) throw new Error(why);
    },
  );
  const builds: PartReport[] = [];
  const crds = () => gatewayApiMissing() === undefined;
  builds.push(await attempt('gateway-api CRDs', crds, () => withGo(fetchGatewayApi)));
  builds.push(await attempt('istio CRDs', istioCached, () => withGo(fetchIstio)));
  for (const part of [controlPlane, kustomize, gateway]) {
    builds.push(
      await attempt(
        `${part.name} ${part.version}`,
        () => isThere(part),
        () => withGo(() => buildGoPart(part)),
      ),
    );
  }
  return [await debian, await network, ...builds];
}

/** One line about a part, for people. */
export function partLine(part: PartReport): string {
  const name = part.part.padEnd(24);
  const took = `${part.seconds.toFixed(1)} s`.padStart(8);
  if (part.kind === 'skipped') return `${name} ${took}  not available: ${part.why}`;
  return `${name} ${took}  ${part.fromCache ? 'already there' : 'ready'}`;
}

function isThere(part: GoPart): boolean {
  if (isBuilt(part)) return true;
  const given = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl'];
  return part === controlPlane && missingProgram(given) === undefined;
}

async function withGo(make: () => Promise<unknown>): Promise<void> {
  if (findProgram('go') === undefined) throw new Error('Go is not installed on this machine');
  await make();
}

async function attempted(part: string, isThere: () => boolean, make: () => Promise<unknown>): Promise<PartReport> {
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1000;
  if (isThere()) return { part, kind: 'ready', seconds: seconds(), fromCache: true };
  try {
    await make();
    return { part, kind: 'ready', seconds: seconds(), fromCache: false };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { part, kind: 'skipped', seconds: seconds(), why };
  }
}
