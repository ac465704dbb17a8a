/** For `eventually`: a check that is true once what it reads has stayed the same for so long. */

export function steadyFor(ms: number, read: () => Promise<string>): () => Promise<boolean> {
  let last: string | undefined;
  let since = performance.now();
  return async () => {
    const now = await read();
    if (now !== last) {
      last = now;
      since = performance.now();
    }
    return performance.now() - since >= ms;
  };
}
