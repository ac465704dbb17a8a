import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../kube/api.ts';
import { troubleOf } from './pod-trouble.ts';
import { sceneOf } from './scene.ts';
import { aStatus, anObserved, shopKeys, start } from './testing/builders.ts';
import { podView } from './views.ts';

type Waiting = NonNullable<Parameters<typeof aStatus>[0]>['waiting'];

const knownLoop: Waiting = { reason: 'CrashLoop', on: 'x', moves: 'x', until: '2026-01-01T00:01:00Z' };

/** The trouble of one pod of the canary with one container. */
function troubleWith(container: JsonObject, waiting?: Waiting) {
  const labels = { [shopKeys.podTemplateHash]: 'two' };
  const containerStatuses = [{ name: 'web', image: 'shop:2', ready: false, restartCount: 0, ...container }];
  const metadata = { name: 'a', namespace: 'shop', labels };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata, status: { containerStatuses } };
  const observed = anObserved({ pods: [podView(pod, shopKeys.podTemplateHash)] });
  return troubleOf(sceneOf(observed, aStatus(waiting === undefined ? {} : { waiting })));
}

const pull = (message: string, reason = 'ErrImagePull') => troubleWith({ state: { waiting: { reason, message } } });
const lastState = { terminated: { exitCode: 1 } };
const up = (sinceMs: number) => ({ running: { startedAt: new Date(start - sinceMs).toISOString() } });

describe('an image that is not pulled', () => {
  it.each([
    ['rpc error: code = NotFound desc = failed to resolve reference "docker.io/library/shop:2": shop:2: not found'],
    ['failed to resolve reference "r.example/shop:503": manifest unknown'],
    ['name unknown: The repository with name "shop" does not exist in the registry'],
    ['failed to pull "r.example/authorizer:2": r.example/authorizer:2: not found'],
  ])('does not exist: %s', (message) => {
    expect(pull(message)?.kind).toBe('ImageMissing');
  });

  it('does not exist though the status of the container does not name it', () => {
    const state = { waiting: { reason: 'ErrImagePull', message: 'manifest unknown' } };

    expect(troubleWith({ image: '', state })?.kind).toBe('ImageMissing');
  });

  it.each([
    ['pull access denied, repository does not exist or may require authorization: server message: insufficient_scope'],
    ['failed to authorize: failed to fetch anonymous token: unexpected status: 401 Unauthorized'],
    ['unexpected status from HEAD request to https://r.example/v2/shop/manifests/2: 403 Forbidden'],
    ['denied: requested access to the resource is denied'],
    ['no basic auth credentials'],
    ['dial tcp: lookup r.example on 10.0.0.10:53: no such host'],
    ['Container image "shop:2" is not present with pull policy of Never'],
  ])('may well exist: %s', (message) => {
    expect(pull(message)?.kind).toBe('RegistryUnreachable');
  });
});

describe('a container that ends', () => {
  it.each([
    ['once and runs again, not ready yet', { restartCount: 1, state: up(60_000), lastState }],
    ['several times and runs again', { restartCount: 4, state: up(60_000), lastState }],
    ['twice and is down', { restartCount: 2, state: lastState }],
  ])('%s is no crash loop', (_name, container) => {
    expect(troubleWith(container)).toBeUndefined();
  });

  it.each([
    [
      'is backed off by the kubelet',
      { restartCount: 1, state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState },
    ],
    ['is down after three restarts', { restartCount: 3, state: lastState }],
  ])('and %s loops', (_name, container) => {
    expect(troubleWith(container)).toMatchObject({ kind: 'CrashLoop', isNow: true });
  });

  it('keeps the time of its loop through the moments between two ends, which never decide', () => {
    const moment = { restartCount: 2, state: up(2_000), lastState };

    expect(troubleWith(moment)).toBeUndefined();
    expect(troubleWith(moment, knownLoop)).toMatchObject({ kind: 'CrashLoop', isNow: false });
    expect(troubleWith({ ...moment, state: up(11_000) }, knownLoop)).toBeUndefined();
  });
});
