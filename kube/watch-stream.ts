/**
 * The body of a watch as lines: one JSON document per line, into events, bookmarks and errors. Ends with an `error` line
 * on anything that is not a clean close, so that its reader never has to catch.
 */

import type { IncomingMessage } from 'node:http';
import { isJsonObject, type JsonObject } from '../crds/schema/json.ts';
import type { WatchLine } from './api.ts';
import { fieldOf, isKubeObject, numberOf, parseJsonObject, textOf } from './json.ts';

/** Limit of one line: etcd refuses objects over 1.5 MiB, so more is not a watch event. */
const maxLineBytes = 16 * 1024 * 1024;

/** `alive` is called for every whole line, so that the caller's liveness timer can start anew; a trickle of bytes is no life. */
export async function* watchLines(response: IncomingMessage, alive: () => void): AsyncGenerator<WatchLine, void> {
  for await (const text of textLines(response)) {
    alive();
    const line = watchLine(text);
    yield line;
    if (line.kind === 'error') return;
  }
}

async function* textLines(response: IncomingMessage): AsyncGenerator<string, void> {
  let rest = '';
  response.setEncoding('utf8');
  for await (const chunk of response) {
    rest += String(chunk);
    if (rest.length > maxLineBytes) throw new Error('a line of the watch is longer than 16 MiB');
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield line;
  }
  if (rest.trim() !== '') yield rest;
}

/** One line of a watch. What cannot be understood is an error of code 0: the reader must list anew, an event may be lost. */
export function watchLine(text: string): WatchLine {
  return parsedWatchLine(parseJsonObject(text));
}

/** The same for a line that is parsed already; undefined when it was no JSON object. */
export function parsedWatchLine(parsed: JsonObject | undefined): WatchLine {
  const object = parsed?.object;
  const type = parsed?.type;
  if (type === 'ERROR' && isJsonObject(object)) {
    return { kind: 'error', code: numberOf(object, 'code') ?? 0, message: textOf(object, 'message') ?? 'watch error' };
  }
  if (type === 'BOOKMARK' && isJsonObject(object)) {
    const resourceVersion = textOf(object, 'metadata', 'resourceVersion');
    const ended = fieldOf(object, 'metadata', 'annotations', 'k8s.io/initial-events-end') === 'true';
    if (resourceVersion !== undefined) return { kind: 'bookmark', resourceVersion, initialEventsEnd: ended };
  }
  if ((type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') && isKubeObject(object)) {
    return { kind: 'event', type, object };
  }
  return { kind: 'error', code: 0, message: 'a line of the watch could not be read', garbled: true };
}
