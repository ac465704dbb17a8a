/** Writes one view in the format that was asked for: data to stdout, notes to stderr. */

import { dump } from 'js-yaml';
import type { Output } from './flags.ts';
import type { Terminal } from './terminal.ts';

interface View {
  readonly apiVersion: string;
  readonly kind: string;
  readonly notes?: readonly string[];
}

/** One object of a watched view: told again when `state` differs from the last time. */
export interface WatchedLine {
  readonly key: string;
  readonly state: string;
  readonly text: string;
}

export interface Shown {
  readonly view: View;
  text(): string;
  /** Names for `-o name`. */
  readonly names: readonly string[];
  /** For watching without a terminal. */
  lines?(): readonly WatchedLine[];
}

export function show(shown: Shown, output: Output, terminal: Terminal): void {
  if (output === 'text') for (const note of shown.view.notes ?? []) terminal.err(`note: ${note}\n`);
  terminal.out(formatted(shown, output));
}

export function formatted(shown: Shown, output: Output): string {
  switch (output) {
    case 'text':
      return safeText(shown.text());
    case 'json':
      return `${JSON.stringify(shown.view, null, 2)}\n`;
    case 'ndjson':
      return `${JSON.stringify(shown.view)}\n`;
    case 'yaml':
      return dump(shown.view);
    case 'name':
      return shown.names.map((name) => `${name}\n`).join('');
  }
}

/**
 * Text for a terminal: messages of other people (metrics, Git, containers) may hold escape sequences that move the cursor
 * or rename the window; only our own colour codes pass.
 */
export function safeText(text: string): string {
  return text.replace(/\p{Cc}(?:\[\d{1,2}m)?/gu, (found) => {
    const [control = ''] = found;
    const isColour = control === '\u001b' && found.length > 1;
    return control === '\n' || isColour ? found : ` ${found.slice(1)}`;
  });
}
