/**
 * GitSync and GitRevert on a real API server with a real source process and real Git over HTTP: with the controller's and the
 * tenant's own rights. The Rollout room is played by the test, so that every moment can be looked at.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { podTemplateHash } from '../../controller/rollout/pod-hash.ts';
import { tidegateDialect } from '../../crds/schema/dialect.ts';
import type { JsonObject } from '../../crds/schema/json.ts';
import { type Bed, bedMissing, startBed } from '../bed/bed.ts';
import { eventually } from '../bed/eventually.ts';
import { applyGatewayApi, gatewayApiMissing } from '../bed/gateway-api.ts';
import { makeTempDir, removeTempDir } from '../bed/temp-dir.ts';
import { controllerObjects, gitSync, tenantObjects } from '../e2e/rights.ts';
import { shopFiles, type ShopOptions } from '../e2e/shop-app.ts';
import { type GitRooms, LiveObject, startGitRooms } from './git-room.ts';
import { installCrds } from './install-crds.ts';

const parts = ['cluster', 'git'] as const;
const missing = bedMissing(parts) ?? gatewayApiMissing();
const paths = {
  Rollout: 'apis/tidegate.io/v1alpha1/namespaces/shop/rollouts',
  GitSync: 'apis/tidegate.io/v1alpha1/namespaces/shop/gitsyncs',
  Release: 'apis/tidegate.io/v1alpha1/namespaces/shop/releases',
  GitRevert: 'apis/tidegate.io/v1alpha1/namespaces/shop/gitreverts',
  ConfigMap: 'api/v1/namespaces/shop/configmaps',
  Secret: 'api/v1/namespaces/shop/secrets',
  Service: 'api/v1/namespaces/shop/services',
  HTTPRoute: 'apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes',
} as const;
type Kind = keyof typeof paths;

function files(options: Partial<ShopOptions> & Pick<ShopOptions, 'version'>, name = 'web'): Record<string, string> {
  return {
    ...shopFiles({
      name,
      errorPct: 0,
      greeting: `hello ${options.version}`,
      prometheusUrl: 'http://127.0.0.1:9',
      ...options,
    }),
  };
}

describe.skipIf(missing !== undefined)(
  `GitSync and GitRevert on real servers${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    let bed: Bed<(typeof parts)[number]>;
    let folder: string;
    let rooms: GitRooms;
    const startRooms = async (): Promise<void> => {
      const kubeconfigPath = await bed.cluster.serviceAccountKubeconfig('tidegate', 'tidegate');
      rooms = await startGitRooms({ kubeconfigPath, folder, verbose: process.env['VERBOSE'] === '1' });
    };

    beforeAll(async () => {
      bed = await startBed({ with: parts });
      await applyGatewayApi(bed.cluster);
      const faults = await installCrds(bed.cluster, tidegateDialect);
      if (faults.length > 0) throw new Error(faults.join(' '));
      await bed.cluster.api.apply(...tenantObjects('shop', bed.git.token), ...controllerObjects());
      await bed.git.createRepository('apps', files({ version: 'v1' }), { message: 'First' });
      folder = makeTempDir('git-sync');
      await startRooms();
      await bed.cluster.api.apply(
        gitSync({ name: 'web', namespace: 'shop', repository: bed.git.url('apps'), path: 'apps/web' }),
      );
    }, 120_000);
    afterAll(async () => {
      await rooms?.stop();
      await bed?.stop();
      if (folder) removeTempDir(folder);
    });

    const read = async (kind: Kind, name: string): Promise<LiveObject | undefined> => {
      const answer = await bed.cluster.api.request('GET', `/${paths[kind]}/${name}`);
      return answer.status === 200 ? LiveObject.parse(answer.body) : undefined;
    };
    const at = (object: LiveObject | undefined, path: string): unknown =>
      path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], object);
    const until = (
      what: string,
      kind: Kind,
      name: string,
      check: (object: LiveObject) => boolean,
    ): Promise<LiveObject> =>
      eventually(
        what,
        async (saw) => {
          const object = await read(kind, name);
          saw([object && at(object, 'status'), rooms.errors()]);
          return object && check(object) ? object : undefined;
        },
        { withinMs: 30_000, everyMs: 50 },
      );
    const syncIs = (what: string, check: (object: LiveObject) => boolean) => until(what, 'GitSync', 'web', check);
    const patch = async (kind: Kind, name: string, body: JsonObject, subresource = ''): Promise<void> => {
      const answer = await bed.cluster.api.request(
        'PATCH',
        `/${paths[kind]}/${name}${subresource}`,
        body,
        'application/merge-patch+json',
      );
      expect({ status: answer.status, body: answer.body }).toMatchObject({ status: 200 });
    };
    const setRollout = async (name: string, status: (hash: string) => JsonObject): Promise<string> => {
      const live = await read('Rollout', name);
      const hash = podTemplateHash(at(live, 'spec.template') as JsonObject);
      await patch(
        'Rollout',
        name,
        { status: { observedGeneration: live?.metadata.generation ?? 0, currentPodHash: hash, ...status(hash) } },
        '/status',
      );
      return hash;
    };
    const promote = (name: string) =>
      setRollout(name, (hash) => ({ phase: 'Healthy', stableRS: hash, verdict: null, abort: null }));
    const fail = (name: string) =>
      setRollout(name, (podHash) => ({
        phase: 'Degraded',
        abort: true,
        verdict: {
          outcome: 'Failed',
          cause: 'AnalysisFailed',
          podHash,
          revision: 2,
          at: '2026-01-01T10:00:00Z',
          message: 'metric errors was 0.4, limit 0.05',
        },
      }));
    const ask = (token: string) =>
      patch('GitSync', 'web', { metadata: { annotations: { 'tidegate.io/sync-requested-at': token } } });
    const released = (version: string) =>
      until(`Rollout web has image ${version}`, 'Rollout', 'web', (one) =>
        JSON.stringify(at(one, 'spec.template')).includes(`:${version}"`),
      );
    const push = async (content: Record<string, string | null>, message: string): Promise<string> => {
      const commit = await bed.git.commit('apps', 'main', content, { message });
      await ask(`ask-${commit}`);
      return commit;
    };
    const versions = async (): Promise<string> => {
      const lists = await Promise.all(
        (['Rollout', 'ConfigMap', 'Secret', 'Service', 'HTTPRoute', 'Release', 'GitRevert'] as const).map((kind) =>
          bed.cluster.api.get(`/${paths[kind]}`),
        ),
      );
      const items = lists.flatMap(
        (list) => (list as { items: { metadata: { name: string; resourceVersion: string } }[] }).items,
      );
      return JSON.stringify(items.map((one) => `${one.metadata.name} ${one.metadata.resourceVersion}`).toSorted());
    };

    it('installs the first commit with the tenant’s rights and calls it good when it is healthy', async () => {
      await released('v1');
      await promote('web');
      const sync = await syncIs('the first release is good', (one) => at(one, 'status.phase') === 'Good');

      const rollout = await read('Rollout', 'web');
      const copy = String(at(rollout, 'spec.template.spec.containers.0.envFrom.0.configMapRef.name'));
      expect(copy).toMatch(/^web-config-[0-9a-f]{8}$/);
      expect(at(await read('ConfigMap', copy), 'immutable')).toBe(true);
      expect(rollout?.metadata.labels?.['tidegate.io/git-sync']).toBe(sync.metadata.uid);
      expect(at(await read('Release', String(at(sync, 'status.lastGood.release'))), 'status.phase')).toBe('Good');
      expect(rooms.errors()).toEqual([]);
    });

    it('writes nothing when nothing changed', async () => {
      const before = await versions();
      await ask('again-1');
      await syncIs('the request is handled', (one) => at(one, 'status.handledSyncRequest') === 'again-1');

      expect(await versions()).toBe(before);
    });

    it('keeps weight, selector hash and autoscaled replicas of a canary, also when asked to sync in the middle of it', async () => {
      await push(files({ version: 'v2' }), 'Release v2');
      await released('v2');
      const route = (weight: number) => ({
        spec: {
          rules: [
            {
              backendRefs: [
                { name: 'web-stable', port: 80, weight: 100 - weight },
                { name: 'web-canary', port: 80, weight },
              ],
            },
          ],
        },
      });
      await patch('HTTPRoute', 'web', route(20));
      await patch('Service', 'web-canary', { spec: { selector: { 'rollouts-pod-template-hash': 'abc' } } });
      await ask('mid-canary');
      await syncIs('the request is handled', (one) => at(one, 'status.handledSyncRequest') === 'mid-canary');

      const rules = at(await read('HTTPRoute', 'web'), 'spec.rules.0.backendRefs') as {
        name: string;
        weight: number;
      }[];
      expect(Object.fromEntries(rules.map((one) => [one.name, one.weight]))).toEqual({
        'web-stable': 80,
        'web-canary': 20,
      });
      expect(at(await read('Service', 'web-canary'), 'spec.selector')).toMatchObject({
        'rollouts-pod-template-hash': 'abc',
      });
      expect(at(await read('ConfigMap', 'web-config'), 'data.GREETING')).toBe('hello v1');
      await promote('web');
      await syncIs(
        'v2 is good',
        (one) => at(one, 'status.phase') === 'Good' && at(one, 'status.candidate') === undefined,
      );
      expect(at(await read('ConfigMap', 'web-config'), 'data.GREETING')).toBe('hello v2');
    });

    it('reverts a failed commit in Git, restores the rest, and agrees again', async () => {
      const good = await bed.git.tip('apps');
      const extra = { 'apps/web/extra.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: only-bad\n' };
      const bad = await push({ ...files({ version: 'v3' }), ...extra }, 'Release v3');
      await released('v3');
      const stable = at(await read('Rollout', 'web'), 'status.stableRS');
      const unrelated = await bed.git.commit(
        'apps',
        'main',
        { 'apps/web/README.md': 'hello\n' },
        { message: 'Say hello' },
      );
      await fail('web');
      await eventually('the revert is on the branch', async () => (await bed.git.tip('apps')) !== unrelated, {
        withinMs: 20_000,
      });
      const [revert] = await bed.git.log('apps');

      expect(revert?.parents).toEqual([unrelated]);
      expect(revert?.message).toContain(`Tidegate-Revert-Of: ${bad}`);
      expect(revert?.message).toContain(`Tidegate-Good: ${good}`);
      expect(await bed.git.readFile('apps', 'main', 'apps/web/README.md')).toBe('hello\n');
      expect(await bed.git.readFile('apps', 'main', 'apps/web/extra.yaml')).toBeUndefined();
      expect(await read('ConfigMap', 'only-bad')).toBeDefined();

      await patch('Rollout', 'web', { status: { verdict: { confirmedStableAt: '2026-01-01T10:00:05Z' } } }, '/status');
      await eventually(
        'what only the bad release added is gone',
        async () => (await read('ConfigMap', 'only-bad')) === undefined,
      );
      await ask('after-revert');
      await released('v2');
      await promote('web');
      const sync = await syncIs('Git and cluster agree', (one) => at(one, 'status.phase') === 'Good');
      expect(at(await read('Rollout', 'web'), 'status.stableRS')).toBe(stable);
      expect(at(sync, 'status.restore')).toBeUndefined();
      expect(rooms.errors()).toEqual([]);
    });

    it('holds the bad content when it is pushed again, and changes nothing', async () => {
      const before = await versions();
      const commit = await push(files({ version: 'v3' }), 'Release v3 once more');
      const sync = await syncIs('the commit is held', (one) => at(one, 'status.held.commit') === commit);

      expect(String(at(sync, 'status.held.reason'))).toContain('which failed in commit');
      expect(await versions()).toBe(before);
    });

    it('names object, field and remedy when the API server refuses one object, and writes none', async () => {
      const before = await versions();
      const wrong = {
        'apps/web/services.yaml':
          files({ version: 'v4' })['apps/web/services.yaml']?.replace('port: 80', 'port: 80000') ?? '',
      };
      const commit = await push({ ...files({ version: 'v4' }), ...wrong }, 'A port that does not exist');
      const sync = await syncIs(
        'the commit is held',
        (one) => at(one, 'status.held.commit') === commit && String(at(one, 'status.held.reason')).includes('80000'),
      );

      expect(String(at(sync, 'status.held.reason'))).toMatch(
        /Service shop\/web-stable: .*spec\.ports\[0\]\.port.*80000/,
      );
      expect(await versions()).toBe(before);
    });

    it('names the right that the tenant’s account lacks', async () => {
      const node =
        'apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata:\n  name: web\nspec:\n  minAvailable: 1\n';
      const commit = await push({ ...files({ version: 'v4' }), 'apps/web/pdb.yaml': node }, 'A budget');
      const sync = await syncIs(
        'the commit is held',
        (one) =>
          at(one, 'status.held.commit') === commit &&
          String(at(one, 'status.held.reason')).includes('PodDisruptionBudget'),
      );

      expect(String(at(sync, 'status.held.reason'))).toMatch(
        /ServiceAccount shop\/tidegate-deployer lacks the right \w+ poddisruptionbudgets\.policy/,
      );
    });

    it('finds a typo in the pod template before anything moves', async () => {
      const typo = files({ version: 'v5' })['apps/web/rollout.yaml']?.replace('containerPort', 'containerPrt') ?? '';
      const commit = await push(
        { ...files({ version: 'v5' }), 'apps/web/rollout.yaml': typo, 'apps/web/pdb.yaml': null },
        'A typo',
      );
      const sync = await syncIs(
        'the commit is held',
        (one) =>
          at(one, 'status.held.commit') === commit && String(at(one, 'status.held.reason')).includes('containerPrt'),
      );

      expect(String(at(sync, 'status.held.reason'))).toContain('Rollout shop/web');
    });

    it('keeps Secrets out of ledger, status and events, and copies them per revision', async () => {
      const secret = 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: web-token\nstringData:\n  token: honey-4711\n';
      const rollout =
        files({ version: 'v6' })['apps/web/rollout.yaml']?.replace(
          '          envFrom:\n',
          '          envFrom:\n            - secretRef:\n                name: web-token\n',
        ) ?? '';
      await push(
        { ...files({ version: 'v6' }), 'apps/web/rollout.yaml': rollout, 'apps/web/secret.yaml': secret },
        'With a secret',
      );
      await released('v6');
      await promote('web');
      await syncIs(
        'v6 is good',
        (one) => at(one, 'status.phase') === 'Good' && at(one, 'status.candidate') === undefined,
      );

      const copy = String(at(await read('Rollout', 'web'), 'spec.template.spec.containers.0.envFrom.0.secretRef.name'));
      expect(copy).toMatch(/^web-token-[0-9a-f]{8}$/);
      expect(at(await read('Secret', copy), 'data.token')).toBe(Buffer.from('honey-4711').toString('base64'));
      const records = await Promise.all(
        (['Release', 'GitSync'] as const).map((kind) => bed.cluster.api.get(`/${paths[kind]}`)),
      );
      const text = JSON.stringify(records);
      expect(text).not.toContain('honey-4711');
      expect(text).not.toContain(Buffer.from('honey-4711').toString('base64'));
      expect(JSON.stringify(rooms.reasons())).not.toContain('honey-4711');
    });

    it('puts a Secret back from its copy when the release that changed it fails with Git away, after a restart with an empty disk', async () => {
      const changed = 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: web-token\nstringData:\n  token: honey-0815\n';
      const plain = 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: unused\nstringData:\n  a: b\n';
      await push({ 'apps/web/secret.yaml': changed, 'apps/web/plain.yaml': plain, ...versionOnly('v7') }, 'Bad secret');
      await released('v7');
      const bad = await bed.git.tip('apps');
      await bed.git.setFault('unreachable');
      await fail('web');
      await rooms.stop();
      removeTempDir(folder);
      folder = makeTempDir('git-sync');
      await startRooms();
      await patch('Rollout', 'web', { status: { verdict: { confirmedStableAt: '2026-01-01T10:00:05Z' } } }, '/status');
      await syncIs('the cluster is back', (one) => at(one, 'status.restore.phase') === 'Restored');

      expect(at(await read('Secret', 'web-token'), 'data.token')).toBe(Buffer.from('honey-4711').toString('base64'));
      expect(await read('Secret', 'unused')).toBeUndefined();
      expect(await bed.git.tip('apps')).toBe(bad);
      await bed.git.setFault(undefined);
      await eventually('the revert landed', async () => (await bed.git.tip('apps')) !== bad, { withinMs: 60_000 });
      expect(await bed.git.readFile('apps', 'main', 'apps/web/secret.yaml')).toContain('honey-4711');
      expect(rooms.errors()).toEqual([]);
    });

    function versionOnly(version: string): Record<string, string> {
      const rollout =
        files({ version })['apps/web/rollout.yaml']?.replace(
          '          envFrom:\n',
          '          envFrom:\n            - secretRef:\n                name: web-token\n',
        ) ?? '';
      return { 'apps/web/rollout.yaml': rollout };
    }
  },
);
