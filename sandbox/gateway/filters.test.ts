/** Paths after rewrites, addresses of redirects, timeouts of rules. */

import { describe, expect, test } from 'vitest';
import { redirectLocation, rewritten, timeoutOf } from './filters.ts';
import type { PathModifier, RedirectFilter } from './kinds.ts';

const replaced = (replacePrefixMatch: string): PathModifier => ({ type: 'ReplacePrefixMatch', replacePrefixMatch });

describe('a rewrite of the prefix', () => {
  // The table of the specification: match, replacement, path, result.
  const rows: readonly (readonly [string, string, string, string])[] = [
    ['/foo', '/xyz', '/foo/bar', '/xyz/bar'],
    ['/foo', '/xyz/', '/foo/bar', '/xyz/bar'],
    ['/foo/', '/xyz', '/foo/bar', '/xyz/bar'],
    ['/foo', '/xyz', '/foo', '/xyz'],
    ['/foo', '/xyz', '/foo/', '/xyz/'],
    ['/foo', '', '/foo/bar', '/bar'],
    ['/foo', '/', '/foo/bar', '/bar'],
    ['/foo', '/', '/foo', '/'],
    ['/', '/v2', '/a', '/v2/a'],
  ];
  test.each(rows)('of %s to %s makes %s into %s', (value, replacement, path, result) => {
    const filters = [{ type: 'URLRewrite', urlRewrite: { path: replaced(replacement) } }];

    expect(rewritten(path, 'a.test', { path: { value } }, filters).path).toBe(result);
  });
});

describe('a redirect', () => {
  const request = {
    method: 'GET',
    host: 'a.test',
    path: '/foo/bar',
    query: new URLSearchParams('q=1'),
    headers: {},
  };
  const rows: readonly (readonly [string, RedirectFilter, string])[] = [
    ['keeps host, port, path and query', {}, 'http://a.test:8080/foo/bar?q=1'],
    ['to another scheme takes its usual port', { scheme: 'https' }, 'https://a.test/foo/bar?q=1'],
    ['to another host keeps the port', { hostname: 'b.test' }, 'http://b.test:8080/foo/bar?q=1'],
    ['to another port', { port: 81 }, 'http://a.test:81/foo/bar?q=1'],
    ['to the usual port leaves it out', { port: 80 }, 'http://a.test/foo/bar?q=1'],
    ['to another path', { port: 80, path: { type: 'ReplaceFullPath', replaceFullPath: '/x' } }, 'http://a.test/x?q=1'],
    ['to another prefix', { port: 80, path: replaced('/v2') }, 'http://a.test/v2/bar?q=1'],
  ];
  test.each(rows)('%s', (_, redirect, location) => {
    expect(redirectLocation(redirect, request, { path: { value: '/foo' } }, 8080)).toBe(location);
  });
});

test('the shorter timeout counts, and 0s is none', () => {
  expect(timeoutOf({ timeouts: { request: '1m30s', backendRequest: '500ms' } })).toBe(500);
  expect(timeoutOf({ timeouts: { request: '1m30s', backendRequest: '0s' } })).toBe(90_000);
  expect(timeoutOf({ timeouts: { request: '0s' } })).toBeUndefined();
  expect(timeoutOf({})).toBeUndefined();
});
