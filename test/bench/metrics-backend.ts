/** A metrics backend whose answer the bench turns bad at a moment that it knows: speaks as much of Prometheus' API as a query needs. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface MetricsBackend {
  readonly url: string;
  /** From now on the share of errors is 1. `served` resolves to the monotonic time at which the first bad answer went out. */
  turnBad(): Promise<number>;
  turnGood(): void;
  stop(): Promise<void>;
}

export async function startMetricsBackend(): Promise<MetricsBackend> {
  let value = '0';
  let tell: ((at: number) => void) | undefined;
  const server = createServer((request, response) => {
    request.resume();
    const result = [{ metric: {}, value: [Date.now() / 1000, value] }];
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }), () => {
      if (value !== '0') tell?.(performance.now());
      if (value !== '0') tell = undefined;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    turnBad: () => {
      value = '1';
      return new Promise((resolve) => {
        tell = resolve;
      });
    },
    turnGood: () => {
      value = '0';
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
