/** Durations as Go writes them (`1h30m`, `90s`, `250ms`), and the pause form that also knows plain seconds. */

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** What a CRD accepts as a duration where Argo's own fields don't forbid a pattern. RE2 syntax. */
export const durationPattern = '^([0-9]+([.][0-9]+)?(ns|us|ms|s|m|h))+$';

const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;

/** Milliseconds of a Go duration, or undefined when it can't be read. Keeps fractions; a sign is allowed as in Go. */
export function parseDurationMs(duration: string): number | undefined {
  const sign = duration.startsWith('-') ? -1 : 1;
  const body = duration.replace(/^[+-]/, '');
  if (body === '0') return 0;
  let totalMs = 0;
  part.lastIndex = 0;
  while (part.lastIndex < body.length) {
    const match = part.exec(body);
    if (!match) return undefined;
    totalMs += Number(match[1]) * (unitMs[match[2] ?? ''] ?? Number.NaN);
  }
  return body === '' ? undefined : sign * totalMs;
}

/** Milliseconds of a pause: a number or a text of digits means seconds, otherwise a Go duration. Undefined when unreadable. */
export function pauseDurationMs(duration: string | number): number | undefined {
  if (typeof duration === 'number') return Number.isFinite(duration) ? duration * 1000 : undefined;
  if (/^-?\d+$/.test(duration)) return Number(duration) * 1000;
  return parseDurationMs(duration);
}

/** Shortest Go-like text of a span, whole seconds and up: `90s`, `2m`, `1h30m`. */
export function durationText(ms: number): string {
  const totalSeconds = Math.max(0, Math.round(ms / 1000));
  const hours = Math.floor(totalSeconds / 3600);
  const minutes = Math.floor((totalSeconds % 3600) / 60);
  const seconds = totalSeconds % 60;
  const text = [hours && `${hours}h`, minutes && `${minutes}m`, seconds && `${seconds}s`].filter(Boolean).join('');
  return text || '0s';
}
