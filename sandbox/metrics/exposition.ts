/** Reads Prometheus' text format: what a /metrics page says. */

import { type Labels, metricName } from './labels.ts';
import type { Instant } from './sample-list.ts';

export interface ExposedSample {
  readonly labels: Labels;
  readonly v: number;
  /** Only where the page gives one. */
  readonly t?: Instant;
}

export type Exposition =
  | { readonly kind: 'samples'; readonly samples: readonly ExposedSample[] }
  | { readonly kind: 'garbled'; readonly line: number; readonly why: string };

const lineForm = /^([a-zA-Z_:][a-zA-Z0-9_:]*)[ \t]*(?:\{(.*)\})?[ \t]*([^ \t\r]+)(?:[ \t]+(-?\d+))?[ \t]*$/;
const labelForm = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(,|$)/y;

/** One garbled line makes the whole page unusable, as for Prometheus. */
export function readExposition(page: string): Exposition {
  const samples: ExposedSample[] = [];
  for (const [at, line] of page.split('\n').entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const sample = readLine(line);
    if (typeof sample === 'string') return { kind: 'garbled', line: at + 1, why: sample };
    samples.push(sample);
  }
  return { kind: 'samples', samples };
}

function readLine(line: string): ExposedSample | string {
  const parts = lineForm.exec(line);
  if (parts === null) return 'is no sample';
  const [, name = '', inside = '', value = '', time] = parts;
  const labels = readLabels(inside);
  if (labels === undefined) return 'has labels that cannot be read';
  const v = numberOf(value);
  if (v === undefined) return `has the value "${value}", which is no number`;
  return { labels: { ...labels, [metricName]: name }, v, ...(time === undefined ? {} : { t: Number(time) }) };
}

function readLabels(inside: string): Labels | undefined {
  const labels: Record<string, string> = {};
  let at = 0;
  while (inside.slice(at).trim() !== '') {
    labelForm.lastIndex = at;
    const found = labelForm.exec(inside);
    if (found === null) return undefined;
    const [, name = '', value = ''] = found;
    if (Object.hasOwn(labels, name)) return undefined;
    labels[name] = value.replace(/\\(.)/g, (_, code: string) => (code === 'n' ? '\n' : code));
    at = labelForm.lastIndex;
  }
  return labels;
}

function numberOf(text: string): number | undefined {
  const plain = text.toLowerCase();
  if (plain === 'nan') return Number.NaN;
  const infinite = /^([-+]?)inf(inity)?$/.exec(plain);
  if (infinite !== null) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/.test(plain) ? Number(plain) : undefined;
}
