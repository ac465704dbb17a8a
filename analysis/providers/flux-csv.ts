/** Reads InfluxDB's annotated CSV: the values of the column `_value` in all tables, with the types that the annotations tell. */
import type { Json } from '../../crds/schema/json.ts';

/** `error` is InfluxDB's own sentence, which comes as a table of its own, perhaps after good rows. */
export type FluxOutcome =
  | { readonly kind: 'rows'; readonly values: readonly Json[] }
  | { readonly kind: 'error'; readonly message: string }
  | { readonly kind: 'malformed'; readonly why: string };

interface Table {
  readonly types: readonly string[];
  readonly defaults: readonly string[];
  readonly header?: readonly string[];
}

const noTable: Table = { types: [], defaults: [] };

/** Tables are apart by an empty line or begin with their annotations; rows before a header are its annotations. */
export function readFluxCsv(text: string): FluxOutcome {
  const values: Json[] = [];
  let table = noTable;
  for (const row of rowsOf(text)) {
    const [mark = ''] = row;
    if (row.length === 1 && mark === '') table = noTable;
    else if (mark.startsWith('#')) table = annotated(table.header === undefined ? table : noTable, row);
    else if (table.header === undefined) table = { ...table, header: row };
    else {
      const outcome = valueOf(table, table.header, row);
      if (outcome.kind !== 'value') return outcome;
      values.push(outcome.value);
    }
  }
  return { kind: 'rows', values };
}

function annotated(table: Table, [name, ...cells]: readonly string[]): Table {
  // The first column of the other rows is the annotation's own.
  if (name === '#datatype') return { ...table, types: ['', ...cells] };
  return name === '#default' ? { ...table, defaults: ['', ...cells] } : table;
}

type CellOutcome =
  | { readonly kind: 'value'; readonly value: Json }
  | Extract<FluxOutcome, { kind: 'error' | 'malformed' }>;

function valueOf({ types, defaults }: Table, header: readonly string[], row: readonly string[]): CellOutcome {
  const error = header.indexOf('error');
  const at = header.indexOf('_value');
  if (at < 0 && error >= 0) return { kind: 'error', message: row[error] ?? '' };
  if (at < 0) return { kind: 'malformed', why: 'has no column _value' };
  const given = row[at] ?? '';
  const type = types[at] ?? 'string';
  const cell = given === '' ? (defaults[at] ?? '') : given;
  const value = typed(cell, type);
  return value === undefined ? { kind: 'malformed', why: `has a _value that is no ${type}` } : { kind: 'value', value };
}

/** Undefined for a text that is not of the type; an empty cell is null, but for texts. */
function typed(cell: string, type: string): Json | undefined {
  if (cell === '') return type === 'string' ? '' : null;
  switch (type) {
    case 'double':
    case 'long':
    case 'unsignedLong':
      return numberOf(cell);
    case 'boolean':
      return cell === 'true' ? true : cell === 'false' ? false : undefined;
    // Times, spans and bytes stay texts.
    default:
      return cell;
  }
}

function numberOf(cell: string): number | undefined {
  if (cell === 'NaN') return Number.NaN;
  if (cell === '+Inf' || cell === 'Inf') return Number.POSITIVE_INFINITY;
  if (cell === '-Inf') return Number.NEGATIVE_INFINITY;
  return /^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(cell) ? Number(cell) : undefined;
}

/** RFC 4180: cells may be quoted, a quote inside is doubled, and quoted cells may hold line ends. */
function rowsOf(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    const cell = text[at] === '"' ? quotedCell(text, at) : plainCell(text, at);
    row.push(cell.text);
    at = cell.end + 1;
    if (text[cell.end] === ',') {
      if (at >= text.length) row.push('');
      continue;
    }
    if (text[cell.end] === '\r' && text[at] === '\n') at += 1;
    rows.push(row);
    row = [];
  }
  return row.length === 0 ? rows : [...rows, row];
}

interface Cell {
  readonly text: string;
  /** Where the comma or the line end after it stands. */
  readonly end: number;
}

function plainCell(text: string, start: number): Cell {
  let end = start;
  while (end < text.length && !',\r\n'.includes(text[end] ?? '')) end += 1;
  return { text: text.slice(start, end), end };
}

function quotedCell(text: string, start: number): Cell {
  let sum = '';
  let at = start + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    // It never ends: what is there is taken.
    if (quote < 0) return { text: sum + text.slice(at), end: text.length };
    sum += text.slice(at, quote);
    if (text[quote + 1] !== '"') {
      const rest = plainCell(text, quote + 1);
      return { text: sum + rest.text, end: rest.end };
    }
    sum += '"';
    at = quote + 2;
  }
}
