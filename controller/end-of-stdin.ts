/** Ends a process together with the one that started it and holds the other end of its standard input. */

import type { ControllerConfig } from './config.ts';

/**
 * The given signal, with --end-with-stdin also aborted when standard input ends: so that whoever started this process and
 * was killed leaves none behind.
 */
export function orEndOfStdin(
  { endWithStdin }: Pick<ControllerConfig, 'endWithStdin'>,
  signal: AbortSignal,
): AbortSignal {
  if (!endWithStdin) return signal;
  const end = new AbortController();
  process.stdin
    .on('end', () => end.abort())
    .on('error', () => end.abort())
    .resume();
  return AbortSignal.any([signal, end.signal]);
}
