import { describe, expect, it } from 'vitest';
import type { ApiResult, JsonObject, Log, Transport } from '../kube/api.ts';
import { apiAddresses } from './api-addresses.ts';

const told: string[] = [];
const quiet = () => undefined;
const log: Log = { debug: quiet, info: quiet, error: quiet, warn: (message) => void told.push(message) };

function answering(answers: Readonly<Record<string, ApiResult<JsonObject>>>): Pick<Transport, 'send'> {
  return {
    send: async ({ path }) =>
      answers[path.split('/').at(-1) ?? ''] ?? { kind: 'forbidden', message: 'no', right: 'get' },
  };
}

const slices: ApiResult<JsonObject> = {
  kind: 'ok',
  object: {
    items: [{ endpoints: [{ addresses: ['192.0.2.7'] }, { addresses: ['2001:db8::7'] }], ports: [{ port: 6443 }] }],
  },
};
const service: ApiResult<JsonObject> = {
  kind: 'ok',
  object: { spec: { clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1'], ports: [{ port: 443 }] } },
};

describe('addresses of the API server', () => {
  it('are its own URL, its Service and the servers behind it, each once and with its port', async () => {
    const transport = answering({ endpointslices: slices, kubernetes: service });

    const found = await apiAddresses({ server: 'https://10.96.0.1', transport, log });

    expect(found).toEqual(['10.96.0.1:443', '192.0.2.7:6443', '[2001:db8::7]:6443']);
  });

  it('are looked up where the URL holds a name', async () => {
    const resolver = async () => [{ address: '203.0.113.5', family: 4 as const }];

    expect(await apiAddresses({ server: 'https://api.test:6443', transport: answering({}), log, resolver })).toEqual([
      '203.0.113.5:6443',
    ]);
  });

  it('are as many as can be had: a refused question is told and stops nothing', async () => {
    told.length = 0;

    expect(await apiAddresses({ server: 'https://[::1]:6443', transport: answering({}), log })).toEqual(['[::1]:6443']);
    expect(told).toEqual([
      'addresses of the API server could not be read',
      'addresses of the API server could not be read',
    ]);
  });
});
