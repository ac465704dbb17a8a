/** What a command may know of the terminal it runs in: two streams, colours, the clock and Ctrl-C. */

import type { Clock } from '../kube/api.ts';

export interface Terminal {
  /** Data: what a script reads. */
  out(text: string): void;
  /** Chatter: progress, warnings, errors. */
  err(text: string): void;
  readonly outIsTty: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
}

export const colourModes = ['auto', 'always', 'never'] as const;
export type ColourMode = (typeof colourModes)[number];

/** Colour never carries meaning alone, so `auto` may turn it off: no TTY, NO_COLOR, or a dumb terminal. */
export function wantsColour(mode: ColourMode, terminal: Pick<Terminal, 'outIsTty' | 'env'>): boolean {
  if (mode !== 'auto') return mode === 'always';
  const { NO_COLOR, FORCE_COLOR, TERM } = terminal.env;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0') return true;
  return terminal.outIsTty && TERM !== 'dumb';
}
