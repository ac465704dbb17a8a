/** Gives each bed of a run pod addresses of its own, so that several test processes can share one network namespace. */
import { createServer, type Server } from 'node:net';

export interface PodRange {
  /** Such as 10.244.48.0/20: room for 4,000 pods. */
  readonly cidr: string;
  /** The n-th address of the range, 1 to 250. */
  address(n: number): string;
  release(): Promise<void>;
}

/** The last of the sixteen holds the address that the API server publishes. */
const BLOCKS = 15;

/**
 * Claims a free /20 of the pod range by listening on one of its addresses: the claim ends with the process, however it
 * ends. Needs the namespace of network.ts.
 */
export async function claimPodRange(): Promise<PodRange> {
  // Spread by pid, so that processes starting at once seldom try the same one.
  for (let tried = 0; tried < BLOCKS; tried++) {
    const third = ((process.pid + tried) % BLOCKS) * 16;
    const claim = await listenOn(`10.244.${third + 15}.254`);
    if (claim === undefined) continue;
    return {
      cidr: `10.244.${third}.0/20`,
      address: (n) => `10.244.${third}.${n}`,
      release: () => new Promise((resolve) => claim.close(() => resolve())),
    };
  }
  throw new Error('every block of the pod range is taken');
}

/** Undefined when another process has the address. */
function listenOn(address: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(new Error(`pod addresses can't be used here: ${error.message}`));
    });
    server.listen(1, address, () => {
      server.unref();
      resolve(server);
    });
  });
}
