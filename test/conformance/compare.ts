/** Compares the normalised answers of two servers and says in lines where they differ. */

import { isJsonObject, type Json } from '../../crds/schema/json.ts';
import type { Case } from './case.ts';
import { type Deliberate, deliberate } from './deliberate.ts';
import type { NormalAnswer } from './normalise.ts';

export interface Difference {
  /** `2.body.spec.replicas`: the step counted from 0, then the place in its answer. */
  readonly path: string;
  readonly real: Json | undefined;
  readonly sandbox: Json | undefined;
}

export interface Comparison {
  readonly differences: readonly Difference[];
  /** What deliberate.ts says of this case and was found; and what was not found, and so is no difference any more. */
  readonly deliberate: readonly Deliberate[];
  readonly stale: readonly Deliberate[];
}

export function compare(each: Case, real: readonly NormalAnswer[], sandbox: readonly NormalAnswer[]): Comparison {
  const found: Difference[] = [];
  collect(real, sandbox, '', found);
  const meant = deliberate.filter((entry) => entry.case === each.id);
  const differences = found.filter(({ path }) => !meant.some((entry) => matches(entry.path, path)));
  const isFound = (entry: Deliberate): boolean => found.some(({ path }) => matches(entry.path, path));
  return { differences, deliberate: meant.filter(isFound), stale: meant.filter((entry) => !isFound(entry)) };
}

/** Differences as lines. Of an answer with another status only status and message: the rest follows from that. */
export function differencesText(differences: readonly Difference[]): string {
  const otherStatus = new Set(differences.flatMap(({ path }) => /^(\d+)\.status$/.exec(path)?.[1] ?? []));
  const telling = differences.filter(({ path }) => {
    const [step = '', ...rest] = path.split('.');
    return !otherStatus.has(step) || ['status', 'body.message'].includes(rest.join('.'));
  });
  return telling.map(differenceLine).join('\n');
}

function differenceLine({ path, real, sandbox }: Difference): string {
  const show = (value: Json | undefined): string => (value === undefined ? '(absent)' : JSON.stringify(value));
  const [left, right] = fromTheDifference(show(real), show(sandbox));
  return `  ${path}\n      real:    ${left}\n      sandbox: ${right}`;
}

/** Long values without what they begin with alike. */
function fromTheDifference(left: string, right: string): [string, string] {
  let same = 0;
  while (same < left.length && left[same] === right[same]) same += 1;
  const start = Math.max(left.length, right.length) < WIDTH ? 0 : Math.max(0, same - 60);
  const cut = (text: string): string =>
    `${start > 0 ? '...' : ''}${text.slice(start, start + WIDTH)}${text.length > start + WIDTH ? '...' : ''}`;
  return [cut(left), cut(right)];
}

const WIDTH = 400;

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('.');
  const given = path.split('.');
  return wanted.length <= given.length && wanted.every((part, index) => part === '*' || part === given[index]);
}

function collect(real: Json | undefined, sandbox: Json | undefined, path: string, found: Difference[]): void {
  const at = (key: string | number): string => (path === '' ? String(key) : `${path}.${key}`);
  if (Array.isArray(real) && Array.isArray(sandbox)) {
    const length = Math.max(real.length, sandbox.length);
    for (let index = 0; index < length; index++) collect(real[index], sandbox[index], at(index), found);
    return;
  }
  if (isJsonObject(real) && isJsonObject(sandbox)) {
    for (const key of new Set([...Object.keys(real), ...Object.keys(sandbox)])) {
      collect(real[key], sandbox[key], at(key.replaceAll('.', '·')), found);
    }
    return;
  }
  if (real !== sandbox) found.push({ path, real, sandbox });
}
