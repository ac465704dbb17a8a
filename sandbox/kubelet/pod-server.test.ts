/** A pod's server: what it answers, fails, counts and exports; and the addresses it gets. */

import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../kube/clock.ts';
import { podAddresses } from './addresses.ts';
import { failsNow, podServer, type PodServerOptions } from './pod-server.ts';
import { requestCounter } from './request-counter.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const answer = {
  pod: 'web-1',
  namespace: 'shop',
  hash: 'abc',
  version: 'v1',
  image: 'i:v1',
  config: { COLOUR: 'blue' },
};

async function aServer(more: Partial<PodServerOptions> = {}) {
  const counter = requestCounter();
  const base = {
    host: '127.0.0.1',
    port: 0,
    answer,
    counter,
    errorPct: 0,
    latencyMs: 0,
    clock: systemClock,
    ready: () => true,
  };
  const server = await podServer({ ...base, ...more });
  closing.push(server.close);
  return { url: server.url, counter, close: server.close };
}

describe('pod server', () => {
  it('says who it is and which configuration it runs with', async () => {
    const { url } = await aServer();

    expect(await (await fetch(`${url}/any/path`)).json()).toEqual(answer);
  });

  it('exports exactly the requests it counted; probes and scrapes are none', async () => {
    const { url, counter } = await aServer({ errorPct: 50 });
    for (let sent = 0; sent < 10; sent += 1) await fetch(url);
    const probe = await fetch(url, { headers: { 'user-agent': 'kube-probe/1.36' } });
    const metrics = await (await fetch(`${url}/metrics`)).text();

    expect(probe.status).toBe(200);
    expect(counter.counts()).toEqual({ total: 10, byCode: { '200': 5, '500': 5 } });
    expect(metrics).toContain('http_requests_total{code="200"} 5\nhttp_requests_total{code="500"} 5\n');
    expect(metrics).toContain('http_request_duration_seconds_count 10');
  });

  it('spreads failures evenly', () => {
    const failures = (pct: number): number =>
      Array.from({ length: 1000 }, (_, at) => failsNow(at + 1, pct)).filter(Boolean).length;

    expect([0, 1, 20, 33.3, 100].map(failures)).toEqual([0, 10, 200, 333, 1000]);
  });

  it('fails its probe until it is ready', async () => {
    const { url } = await aServer({ ready: () => false });

    expect((await fetch(url, { headers: { 'user-agent': 'kube-probe/1.36' } })).status).toBe(503);
  });

  it('ends answers under way before it closes', async () => {
    const { url, counter, close } = await aServer({ latencyMs: 100 });
    const slow = fetch(url);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await close();

    expect((await slow).status).toBe(200);
    expect(counter.counts().total).toBe(1);
  });
});

describe('pod addresses', () => {
  it('come in order, are not used twice, and can be had again', () => {
    const addresses = podAddresses('10.244.0.0/29');
    const taken = Array.from({ length: 5 }, () => addresses.take());
    addresses.give('10.244.0.4');

    expect(taken).toEqual(['10.244.0.2', '10.244.0.3', '10.244.0.4', '10.244.0.5', '10.244.0.6']);
    expect(addresses.take()).toBe('10.244.0.4');
    expect(() => addresses.take()).toThrow('all 5 addresses of 10.244.0.0/29 are taken');
  });

  it('keep the address of a pod that already has one', () => {
    const addresses = podAddresses('10.244.0.0/16');

    expect([addresses.take('10.244.7.9'), addresses.take('10.244.7.9'), addresses.take('192.168.0.1')]).toEqual([
      '10.244.7.9',
      '10.244.0.2',
      '10.244.0.3',
    ]);
  });

  it('refuse a range that is none', () => {
    expect(() => podAddresses('pods')).toThrow('pod range "pods" is not an IPv4 range');
  });
});
