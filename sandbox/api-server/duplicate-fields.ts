/** Finds fields that stand twice in a JSON text, which parsing alone does not tell: strict validation refuses them. */

interface Place {
  readonly path: string;
  /** Keys seen so far; undefined in a list. */
  readonly keys: Set<string> | undefined;
  /** Of a list. */
  index: number;
  /** Of an object: the field whose value comes. */
  field: string;
}

const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/** Paths such as `spec.containers[0].name`, in the order of the text. The text must be valid JSON. */
export function duplicateFields(text: string): string[] {
  const found: string[] = [];
  const open: Place[] = [];
  let isKey = false;
  for (const [word] of text.matchAll(token)) {
    const place = open.at(-1);
    if (word === '{' || word === '[') {
      open.push({ path: pathOf(place), keys: word === '{' ? new Set() : undefined, index: 0, field: '' });
      isKey = word === '{';
    } else if (word === '}' || word === ']') {
      open.pop();
      isKey = false;
    } else if (word === ',') {
      if (place !== undefined) place.index += 1;
      isKey = place?.keys !== undefined;
    } else if (word.startsWith('"') && isKey && place?.keys !== undefined) {
      place.field = String(JSON.parse(word));
      if (place.keys.has(place.field)) found.push(pathOf(place));
      place.keys.add(place.field);
      isKey = false;
    }
  }
  return found;
}

/** Of the value that comes next at this place. */
function pathOf(place: Place | undefined): string {
  if (place === undefined) return '';
  if (place.keys === undefined) return `${place.path}[${place.index}]`;
  return place.path === '' ? place.field : `${place.path}.${place.field}`;
}
