/** Steady HTTP load on the gateway, as users would make it, counting what came back. Bounded by `stop`. */

import { Agent, request } from 'node:http';

export interface LoadOptions {
  readonly url: string;
  readonly host: string;
  readonly perSecond: number;
}

/** Answers by status code; 0 stands for a connection that failed. */
export interface Load {
  sent(): number;
  byCode(): ReadonlyMap<number, number>;
  stop(): Promise<void>;
}

export function startLoad(options: LoadOptions): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const codes = new Map<number, number>();
  const open = new Set<Promise<void>>();
  let sent = 0;
  const startedAt = performance.now();
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) / 1000) * options.perSecond) - sent;
    for (let i = 0; i < Math.min(due, 100); i += 1) {
      sent += 1;
      const one = sendOne(options, agent).then((code) => {
        codes.set(code, (codes.get(code) ?? 0) + 1);
        open.delete(one);
      });
      open.add(one);
    }
  }, 10);
  return {
    sent: () => sent,
    byCode: () => codes,
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      agent.destroy();
    },
  };
}

/** Sends exactly `count` requests, `parallel` at a time; resolves to the answers by code. */
export async function sendMany(
  options: Omit<LoadOptions, 'perSecond'>,
  count: number,
  parallel = 32,
): Promise<ReadonlyMap<number, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: parallel });
  const codes = new Map<number, number>();
  let left = count;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      const code = await sendOne(options, agent);
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  agent.destroy();
  return codes;
}

function sendOne(options: { readonly url: string; readonly host: string }, agent: Agent): Promise<number> {
  return new Promise((resolve) => {
    const call = request(options.url, { agent, headers: { host: options.host }, timeout: 10_000 }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
      response.on('error', () => resolve(0));
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve(0));
    call.end();
  });
}
