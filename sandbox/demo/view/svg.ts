/** Small pieces of SVG text: elements with escaped attributes, numbers of one decimal. Pure and deterministic. */

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** Of a letter of class `small`, roughly. */
export const letterWidth = 6.2;

export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? number(value) : escaped(value ?? '')}"`)
    .join('');
  return children.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${children.join('')}</${name}>`;
}

/** A text element; control characters, which XML forbids, become blanks. */
export function textElement(attributes: Attributes, text: string): string {
  return element('text', attributes, escaped(text));
}

export function number(value: number): string {
  return String(Number(value.toFixed(1)));
}

export function escaped(text: string): string {
  return text
    .replaceAll(/\p{Cc}/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
