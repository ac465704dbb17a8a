/** Makes a bad object out of a good one: values set or taken away at dotted paths. */

export type Tree = { [key: string]: unknown };

/** What to set, by dotted path (list items by index); undefined takes the field away. */
export type Edit = Readonly<Record<string, unknown>>;

/** A changed copy of the object. Missing objects on the way are made. */
export function edited<T extends object>(object: T, edit: Edit): T {
  const copy = structuredClone(object);
  for (const [path, value] of Object.entries(edit)) put(copy as Tree, path.split('.'), value);
  return copy;
}

function put(tree: Tree, path: readonly string[], value: unknown): void {
  const [key = '', ...rest] = path;
  if (rest.length > 0) {
    tree[key] ??= {};
    put(tree[key] as Tree, rest, value);
  } else if (value === undefined) delete tree[key];
  else tree[key] = value;
}
