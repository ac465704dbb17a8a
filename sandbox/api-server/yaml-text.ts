/** An answer as YAML, for who asks for it: keys in order, as a real server makes it out of JSON. */

import { dump } from 'js-yaml';
import { isJsonObject, type Json, type JsonObject } from '../../crds/schema/json.ts';

export function yamlText(body: JsonObject): string {
  return dump(inOrder(body), { lineWidth: -1, noRefs: true });
}

function inOrder(value: Json): Json {
  if (Array.isArray(value)) return value.map((item: Json) => inOrder(item));
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).flatMap(([key, item]): [string, Json][] =>
    item === undefined ? [] : [[key, inOrder(item)]],
  );
  return Object.fromEntries(entries.toSorted(([left], [right]) => (left < right ? -1 : 1)));
}
