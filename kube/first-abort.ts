/**
 * Waiting for the first of several signals without leaving listeners behind on those that live as long as the process.
 */

export async function firstAbort(signals: readonly AbortSignal[]): Promise<void> {
  if (signals.some((signal) => signal.aborted)) return;
  const over = new AbortController();
  await new Promise<void>((resolve) => {
    for (const signal of signals) {
      signal.addEventListener('abort', () => resolve(), { once: true, signal: over.signal });
    }
  });
  over.abort();
}
