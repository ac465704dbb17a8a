/** A watch as a chunked response, one line of JSON an event. A reader that is too slow is let go: it can ask again. */

import type { ServerResponse } from 'node:http';
import type { ApiReply, WatchSink } from './contract.ts';

/** What may wait for a slow reader. The real server also ends watches that do not keep up. */
const maxWaitingBytes = 16 * 1024 * 1024;

export function streamWatch(response: ServerResponse, open: Extract<ApiReply, { kind: 'watch' }>['open']): void {
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  response.flushHeaders();
  let ended = false;
  const sink: WatchSink = {
    line(line) {
      if (ended) return;
      response.write(`${JSON.stringify(line)}\n`);
      if (response.writableLength > maxWaitingBytes) response.destroy();
    },
    end() {
      ended = true;
      response.end();
    },
  };
  const close = open(sink);
  response.once('close', () => {
    ended = true;
    close();
  });
}
