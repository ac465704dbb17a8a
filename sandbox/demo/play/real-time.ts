/** Real time, which the demo's own waits and measurements use; the clock of the simulated cluster runs faster. */

/** Milliseconds since the process began. */
export function realMs(): number {
  return performance.now();
}

export function realSleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
