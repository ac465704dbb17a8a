/** Layouts of Go's time package: a text that shows how the moment 2006-01-02 15:04:05 is written. Cut into its parts. */

const fields = [
  'January',
  'Jan',
  'Monday',
  'Mon',
  'MST',
  '2006',
  '__2',
  '_2',
  '002',
  '01',
  '02',
  '03',
  '04',
  '05',
  '06',
  '15',
  'PM',
  'pm',
  '-07:00:00',
  '-070000',
  '-07:00',
  '-0700',
  '-07',
  'Z07:00:00',
  'Z070000',
  'Z07:00',
  'Z0700',
  'Z07',
  '1',
  '2',
  '3',
  '4',
  '5',
] as const;

export type LayoutField = (typeof fields)[number];

/** `fraction`: digits of a second; `exact` writes them all, otherwise zeros at the end are left out. */
export type LayoutPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'field'; readonly field: LayoutField }
  | { readonly kind: 'fraction'; readonly digits: number; readonly exact: boolean; readonly point: string };

/** A short name before a small letter is part of a word; `_2006` is a year after a line; a fraction ends before a digit. */
const pattern =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|__2|_2(?!006)|002|0[1-6]|15|PM|pm|[-Z]07(?::00:00|0000|:00|00)?|[.,](?:0+|9+)(?!\d)|[1-5]/g;

const known: ReadonlySet<string> = new Set(fields);

export function layoutParts(layout: string): readonly LayoutPart[] {
  const parts: LayoutPart[] = [];
  let end = 0;
  for (const match of layout.matchAll(pattern)) {
    const [text] = match;
    if (match.index > end) parts.push({ kind: 'text', text: layout.slice(end, match.index) });
    parts.push(partOf(text));
    end = match.index + text.length;
  }
  if (end < layout.length) parts.push({ kind: 'text', text: layout.slice(end) });
  return parts;
}

function partOf(text: string): LayoutPart {
  if (isField(text)) return { kind: 'field', field: text };
  return { kind: 'fraction', digits: text.length - 1, exact: text[1] === '0', point: text[0] ?? '.' };
}

function isField(text: string): text is LayoutField {
  return known.has(text);
}
