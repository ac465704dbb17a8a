/** Where events go: JSON lines, or lines of a log with a sign of life every 30 seconds; the live view shows them itself. */

import type { DemoEvent } from '../events.ts';
import type { ScenarioName } from '../scenarios.ts';
import { eventLine } from '../view/line-view.ts';

export type Write = (text: string) => void;
export type Tell = (event: DemoEvent, scenario: ScenarioName | undefined) => void;

/** One object a line; times as ISO texts of simulated time. */
export function jsonTeller(write: Write): Tell {
  return (event, scenario) => {
    const { type, at, ...rest } = event;
    const known = 'scenario' in rest || scenario === undefined ? {} : { scenario };
    write(`${JSON.stringify({ type, at: new Date(at).toISOString(), ...known, ...rest })}\n`);
  };
}

export function lineTeller(write: Write): Tell {
  return (event) => write(`${eventLine(event)}\n`);
}

export const heartbeatMs = 30_000;

/** Says something when nothing was told for 30 seconds of real time: a silent log makes CI systems end the job. */
export function heartbeat(monotonicMs: () => number, beat: () => void): { told(): void; tick(): void } {
  let saidMs = monotonicMs();
  return {
    told: () => {
      saidMs = monotonicMs();
    },
    tick: () => {
      if (monotonicMs() - saidMs < heartbeatMs) return;
      saidMs = monotonicMs();
      beat();
    },
  };
}
