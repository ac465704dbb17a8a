/**
 * Reads the XML that AWS's query APIs answer with: elements and text. Attributes are passed over; a document type, processing
 * instructions after the first line, CDATA and unknown entities are refused. No input or output of its own.
 */

export interface Element {
  readonly name: string;
  readonly children: readonly Element[];
  /** Text of an element without children. */
  readonly text: string;
}

const maxDepth = 32;
const token =
  /<(\/?)([A-Za-z_][\w.:-]*)((?:\s+[A-Za-z_][\w.:-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|<!--(?:(?!--)[\s\S])*-->|[^<]+/gy;

interface Open {
  readonly name: string;
  readonly children: Element[];
  text: string;
}

/** The root element; undefined for a text that is no XML of this kind. */
export function parseXml(source: string): Element | undefined {
  const body = source.replace(/^\uFEFF?\s*<\?xml[^<>]*\?>/, '');
  const top: Open = { name: '', children: [], text: '' };
  const open: Open[] = [top];
  token.lastIndex = 0;
  while (token.lastIndex < body.length) {
    const match = token.exec(body);
    if (match === null || !take(open, match)) return undefined;
  }
  const [root] = top.children;
  return open.length === 1 && top.children.length === 1 && top.text.trim() === '' ? root : undefined;
}

function take(open: Open[], [whole, slash, name, , empty]: RegExpExecArray): boolean {
  const current = open.at(-1);
  if (current === undefined) return false;
  if (name === undefined) return whole.startsWith('<!--') || addText(current, whole);
  if (slash !== '') return open.length > 1 && current.name === name && close(open);
  if (open.length > maxDepth) return false;
  open.push({ name, children: [], text: '' });
  return empty === '' || close(open);
}

function close(open: Open[]): boolean {
  const done = open.pop();
  if (done === undefined) return false;
  const { name, children, text } = done;
  open.at(-1)?.children.push({ name, children, text: children.length === 0 ? text : '' });
  return true;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function addText(current: Open, raw: string): boolean {
  let isKnown = true;
  current.text += raw.replace(/&([^;&\s]{0,10});?/g, (whole, name: string) => {
    const char = whole.endsWith(';') ? charOf(name) : undefined;
    if (char === undefined) isKnown = false;
    return char ?? '';
  });
  return isKnown;
}

function charOf(name: string): string | undefined {
  const [, hex, decimal] = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}))$/.exec(name) ?? [];
  if (hex === undefined && decimal === undefined) return entities[name];
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}

/** The first element at the end of a path of names. */
export function find(element: Element | undefined, ...path: readonly string[]): Element | undefined {
  return path.reduce((at, name) => at?.children.find((one) => one.name === name), element);
}

/** Its text, trimmed; undefined where there is no such element. */
export function textAt(element: Element | undefined, ...path: readonly string[]): string | undefined {
  return find(element, ...path)?.text.trim();
}

/** The `member` elements of a list. */
export function members(element: Element | undefined, ...path: readonly string[]): readonly Element[] {
  return (find(element, ...path)?.children ?? []).filter((one) => one.name === 'member');
}
