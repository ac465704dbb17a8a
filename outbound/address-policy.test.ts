import { describe, expect, test } from 'vitest';
import { type AddressPolicy, checkAddress, checkHost } from './address-policy.ts';
import { resolveHost } from './resolve.ts';

const open: AddressPolicy = {};

const refusedAddresses: readonly (readonly [string, string])[] = [
  ['127.0.0.1', 'a loopback address'],
  ['127.255.255.254', 'a loopback address'],
  ['0177.0.0.1', 'a loopback address'],
  ['0x7f.1', 'a loopback address'],
  ['2130706433', 'a loopback address'],
  ['0x7f000001', 'a loopback address'],
  ['127.1', 'a loopback address'],
  ['127.0.0.1.', 'a loopback address'],
  ['::1', 'a loopback address'],
  ['[::1]', 'a loopback address'],
  ['0:0:0:0:0:0:0:1', 'a loopback address'],
  ['::ffff:127.0.0.1', 'a loopback address'],
  ['::ffff:7f00:1', 'a loopback address'],
  ['[::ffff:127.0.0.1]', 'a loopback address'],
  ['::127.0.0.1', 'a loopback address'],
  ['64:ff9b::127.0.0.1', 'a loopback address'],
  ['2002:7f00:0001::', 'a loopback address'],
  ['0.0.0.0', 'an unspecified address'],
  ['0', 'an unspecified address'],
  ['0.1.2.3', 'an unspecified address'],
  ['::', 'an unspecified address'],
  ['169.254.169.254', 'a cloud metadata address'],
  ['0xa9fea9fe', 'a cloud metadata address'],
  ['2852039166', 'a cloud metadata address'],
  ['::ffff:169.254.169.254', 'a cloud metadata address'],
  ['::ffff:a9fe:a9fe', 'a cloud metadata address'],
  ['fd00:ec2::254', 'a cloud metadata address'],
  ['100.100.100.200', 'a cloud metadata address'],
  ['168.63.129.16', 'a cloud metadata address'],
  ['169.254.1.1', 'a link-local address'],
  ['fe80::1', 'a link-local address'],
  ['fe80::1%eth0', 'a link-local address'],
  ['febf::1', 'a link-local address'],
  ['224.0.0.1', 'a multicast address'],
  ['239.255.255.255', 'a multicast address'],
  ['ff02::1', 'a multicast address'],
  ['255.255.255.255', 'a reserved address'],
  ['2001:0:1::1', 'a reserved address'],
  ['1.2.3.4.5', 'not an IP address'],
  ['256.1.1.1', 'not an IP address'],
  ['1.2.3.08', 'not an IP address'],
  ['fe80::1::2', 'not an IP address'],
  ['', 'not an IP address'],
];

const allowedAddresses = [
  '8.8.8.8',
  '10.96.0.1',
  '172.16.5.4',
  '192.168.1.1',
  '100.64.0.1',
  '2606:4700::1111',
  'fc00::1',
  '::ffff:10.0.0.1',
  '172.32.0.1',
];

describe('addresses a tenant may not name', () => {
  test.each(refusedAddresses)('%s is refused as %s', (address, what) => {
    const verdict = checkAddress(address, open);

    expect(verdict).toMatchObject({ kind: 'refused', why: expect.stringContaining(what) });
  });

  test.each(allowedAddresses)('%s is allowed', (address) => {
    expect(checkAddress(address, open)).toEqual({ kind: 'allowed' });
  });

  test.each(['10.0.0.1', '172.31.0.1', '192.168.0.1', '100.64.0.1', 'fd12::1', '::ffff:10.0.0.1', '64:ff9b::a00:1'])(
    '%s is refused under --restrict-private',
    (address) => {
      expect(checkAddress(address, { restrictPrivate: true })).toMatchObject({
        kind: 'refused',
        why: expect.stringContaining('private'),
      });
    },
  );

  test('172.32.0.1 lies just outside the private range', () => {
    expect(checkAddress('172.32.0.1', { restrictPrivate: true }).kind).toBe('allowed');
  });
});

describe('the API server', () => {
  test('its address is refused on every port, in every notation', () => {
    const policy = { apiServer: ['10.96.0.1'] };

    expect(checkAddress('10.96.0.1', policy, 9090).kind).toBe('refused');
    expect(checkAddress('::ffff:10.96.0.1', policy, 443).kind).toBe('refused');
    expect(checkAddress('10.96.0.2', policy, 443).kind).toBe('allowed');
  });

  test('an entry with a port refuses that port whatever the allow list says', () => {
    const policy = { allow: ['127.0.0.0/8', '::1'], apiServer: ['127.0.0.1:6443', '[::1]:6443'] };

    expect(checkAddress('127.0.0.1', policy, 6443).kind).toBe('refused');
    expect(checkAddress('127.0.0.1', policy, 9090).kind).toBe('allowed');
    expect(checkAddress('::1', policy, 6443).kind).toBe('refused');
    expect(checkAddress('::1', policy, 9090).kind).toBe('allowed');
  });
});

describe('hosts', () => {
  test.each(['localhost', 'LOCALHOST', 'localhost.', 'foo.localhost', 'ip6-localhost', '127.1', '[::1]'])(
    '%s is refused before any DNS question',
    (host) => {
      expect(checkHost(host, open).kind).toBe('refused');
    },
  );

  test.each(['prometheus.monitoring.svc', 'localhost.example.com', 'example.com'])(
    '%s has to be resolved first',
    (host) => {
      expect(checkHost(host, open).kind).toBe('unknown');
    },
  );

  test('an allow list entry by name lets the host through, but not to the API server port', async () => {
    const policy = { allow: ['metrics.test'], apiServer: ['127.0.0.1:6443'] };
    const resolver = async () => [{ address: '127.0.0.1', family: 4 as const }];

    expect(await resolveHost('metrics.test', policy, { port: 9090, resolver })).toMatchObject({ kind: 'ok' });
    expect(await resolveHost('metrics.test', policy, { port: 6443, resolver })).toMatchObject({ kind: 'refused' });
    expect(await resolveHost('other.test', policy, { port: 9090, resolver })).toMatchObject({ kind: 'refused' });
  });

  test('a name with one good and one bad address is refused', async () => {
    const resolver = async () => [
      { address: '93.184.216.34', family: 4 as const },
      { address: '::ffff:127.0.0.1', family: 6 as const },
    ];

    expect(await resolveHost('rebind.test', open, { resolver })).toMatchObject({
      kind: 'refused',
      why: expect.stringContaining('rebind.test'),
    });
  });

  test('a literal in an odd notation is connected to as it was judged', async () => {
    expect(await resolveHost('0x0a.1', open)).toEqual({ kind: 'ok', addresses: [{ address: '10.0.0.1', family: 4 }] });
  });

  test('a name that does not resolve is unreachable, not refused', async () => {
    const resolver = async () => Promise.reject(Object.assign(new Error('secret text'), { code: 'ENOTFOUND' }));

    expect(await resolveHost('nowhere.test', open, { resolver })).toEqual({
      kind: 'unreachable',
      why: 'the host nowhere.test could not be resolved (ENOTFOUND)',
    });
  });
});
