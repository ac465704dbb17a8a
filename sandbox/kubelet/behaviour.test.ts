/** What images, commands and environments mean to the sandbox. */

import { describe, expect, it } from 'vitest';
import { behaviourOf, pullError, splitImage } from './behaviour.ts';

describe('behaviour of a container', () => {
  it.each([
    ['tidegate.dev/app:v1', [], {}, { kind: 'serve', errorPct: 0, latencyMs: 0, readyAfterMs: 0 }],
    ['tidegate.dev/app:bad', [], {}, { kind: 'serve', errorPct: 100 }],
    ['tidegate.dev/app:bad', [], { ERROR_PCT: '30' }, { kind: 'serve', errorPct: 30 }],
    ['tidegate.dev/app:v1', [], { LATENCY_MS: '250', READY_AFTER_MS: '1000' }, { latencyMs: 250, readyAfterMs: 1000 }],
    ['tidegate.dev/app:unready', [], {}, { kind: 'serve', readyAfterMs: Number.POSITIVE_INFINITY }],
    ['tidegate.dev/app:v1', [], { READY: 'false' }, { readyAfterMs: Number.POSITIVE_INFINITY }],
    ['tidegate.dev/app:crash', [], {}, { kind: 'exit', code: 1, afterMs: 0 }],
    ['busybox', ['sh', '-c', 'echo hi; sleep 0.5 && exit 3'], {}, { kind: 'exit', code: 3, afterMs: 500 }],
    ['busybox', ['/bin/true'], {}, { kind: 'serve' }],
    ['busybox', ['true'], {}, { kind: 'exit', code: 0 }],
    ['busybox', ['sleep', '2'], {}, { kind: 'exit', code: 0, afterMs: 2000 }],
    ['busybox', [], { EXIT_CODE: '7', RUN_MS: '40' }, { kind: 'exit', code: 7, afterMs: 40 }],
    ['web', ['nginx', '-g', 'daemon off;'], {}, { kind: 'serve' }],
  ])('%s %j %j', (image, command, env, expected) => {
    expect(behaviourOf(image, command, env as Record<string, string>)).toMatchObject(expected);
  });

  it('tells a missing image from a silent registry', () => {
    expect(pullError('tidegate.dev/app:v1')).toBeUndefined();
    expect(pullError('tidegate.dev/app:missing-1')).toMatch(/code = NotFound .*not found: manifest unknown/);
    const silent = pullError('unreachable.tidegate.dev/app:v1') ?? '';
    expect(silent).toMatch(/registry unreachable: .*dial tcp .*: i\/o timeout/);
    expect(silent).not.toContain('not found');
  });

  it.each([
    ['nginx', { host: 'docker.io', path: 'nginx', tag: 'latest' }],
    ['localhost:5000/a/b:v1', { host: 'localhost:5000', path: 'a/b', tag: 'v1' }],
    ['team/app@sha256:abc', { host: 'docker.io', path: 'team/app', tag: 'sha256:abc' }],
  ])('splits %s', (image, parts) => {
    expect(splitImage(image)).toEqual(parts);
  });
});
