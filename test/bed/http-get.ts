/** Sends plain GET requests as a client of the gateway would, with a host name of its choice. */
import { Agent, request } from 'node:http';

export interface HttpAnswer {
  /** 0 when the connection failed. */
  status: number;
  body: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 32 });

/** One GET; never throws: a broken connection has status 0 and the error as body. */
export function httpGet(url: string, host: string, timeoutMs = 5_000): Promise<HttpAnswer> {
  return new Promise((resolve) => {
    const call = request(url, { agent, headers: { host }, timeout: timeoutMs }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      answer.once('error', (error) => resolve({ status: 0, body: error.message }));
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    });
    call.once('timeout', () => call.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    call.once('error', (error) => resolve({ status: 0, body: error.message }));
    call.end();
  });
}

/** Sends `count` requests, some at a time, and counts the answers by status (0 is a broken connection). */
export async function countStatuses(
  url: string,
  host: string,
  count: number,
  atOnce = 16,
): Promise<Record<number, number>> {
  const counts: Record<number, number> = {};
  let left = count;
  const client = async (): Promise<void> => {
    while (left-- > 0) {
      const { status } = await httpGet(url, host);
      counts[status] = (counts[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, client));
  return counts;
}
