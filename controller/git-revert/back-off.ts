/** Exponential back-off with jitter that is a function of a seed and the attempt, so that deciding stays pure. */

/** `attempt` counts from 1. Between half and all of `first * 2^(attempt-1)`, capped. */
export function backOffMs(attempt: number, seed: string, firstMs = 2_000, longestMs = 300_000): number {
  const full = Math.min(firstMs * 2 ** Math.min(attempt - 1, 30), longestMs);
  return Math.round(full / 2 + (full / 2) * share(`${seed}/${attempt}`));
}

/** 0 to 1 by a 32-bit FNV-1a of the text. */
function share(text: string): number {
  let sum = 0x811c9dc5;
  for (const char of text) sum = Math.imul(sum ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return sum / 0xffffffff;
}
