/** Passes a request on to the node that has the answer (log lines) and its answer back as it comes. */

import { once } from 'node:events';
import { get, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

export async function forward(url: string, response: ServerResponse): Promise<void> {
  const request = get(url);
  response.once('close', () => request.destroy());
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  response.writeHead(answer.statusCode ?? 502, { 'content-type': answer.headers['content-type'] ?? 'text/plain' });
  response.flushHeaders();
  await pipeline(answer, response);
}
