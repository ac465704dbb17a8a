/** Label sets: the identity of a series. A label without value is no label. */

export type Labels = Readonly<Record<string, string>>;

export const metricName = '__name__';

const entriesOf = new WeakMap<Labels, readonly (readonly [string, string])[]>();
const keys = new WeakMap<Labels, string>();

/** Pairs in the order of their names. */
export function sortedLabels(labels: Labels): readonly (readonly [string, string])[] {
  const known = entriesOf.get(labels);
  if (known !== undefined) return known;
  const sorted = Object.entries(labels)
    .filter(([, value]) => value !== '')
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  entriesOf.set(labels, sorted);
  return sorted;
}

/** Equal for equal sets, and for no others. */
export function labelKey(labels: Labels): string {
  const known = keys.get(labels);
  if (known !== undefined) return known;
  const key = JSON.stringify(sortedLabels(labels));
  keys.set(labels, key);
  return key;
}

/** The order in which Prometheus' blocks have their series: by name and value, pair by pair, the shorter set first. */
export function compareLabels(a: Labels, b: Labels): number {
  const [first, second] = [sortedLabels(a), sortedLabels(b)];
  for (const [at, [name, value]] of first.entries()) {
    const other = second[at];
    if (other === undefined) return 1;
    if (name !== other[0]) return name < other[0] ? -1 : 1;
    if (value !== other[1]) return value < other[1] ? -1 : 1;
  }
  return first.length - second.length;
}

export function withoutName(labels: Labels): Labels {
  return withoutLabels(labels, [metricName]);
}

export function withoutLabels(labels: Labels, names: readonly string[]): Labels {
  return Object.fromEntries(sortedLabels(labels).filter(([name]) => !names.includes(name)));
}

export function onlyLabels(labels: Labels, names: readonly string[]): Labels {
  return Object.fromEntries(sortedLabels(labels).filter(([name]) => names.includes(name)));
}

/** Set, or removed when the value is empty. */
export function withLabel(labels: Labels, name: string, value: string): Labels {
  const { [name]: _old, ...rest } = labels;
  return value === '' ? rest : { ...rest, [name]: value };
}

/** As Prometheus writes a set in its messages: {a="b", c="d"}. */
export function labelText(labels: Labels): string {
  return `{${sortedLabels(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(', ')}}`;
}
