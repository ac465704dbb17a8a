/** Finds TCP ports that nobody listens on, for servers which can't choose one themselves. */
import { createServer } from 'node:net';

/** Asks the system for `count` different free ports of the address (default 127.0.0.1). */
export async function freePorts(count: number, address = '127.0.0.1'): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  try {
    return await Promise.all(
      servers.map(
        (server) =>
          new Promise<number>((resolve, reject) => {
            server.once('error', reject);
            server.listen(0, address, () => {
              const bound = server.address();
              if (bound === null || typeof bound === 'string') reject(new Error('no TCP address'));
              else resolve(bound.port);
            });
          }),
      ),
    );
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

/** One free port of 127.0.0.1. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  if (port === undefined) throw new Error('no free port');
  return port;
}
