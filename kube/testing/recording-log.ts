/**
 * A log that keeps its lines, so that a test can say which of them a person would see.
 */

import type { Log } from '../api.ts';

export interface RecordingLog extends Log {
  readonly lines: readonly { readonly level: keyof Log; readonly message: string; readonly fields: object }[];
  /** Messages of one level. */
  of(level: keyof Log): readonly string[];
}

export function recordingLog(): RecordingLog {
  const lines: { level: keyof Log; message: string; fields: object }[] = [];
  const at =
    (level: keyof Log) =>
    (message: string, fields: object = {}): void => {
      lines.push({ level, message, fields });
    };
  return {
    lines,
    of: (level) => lines.filter((line) => line.level === level).map((line) => line.message),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  };
}
