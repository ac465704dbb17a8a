/** The field selector of a list or watch (`metadata.name=web,status.phase!=Failed`) over the few fields a kind offers. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import { badRequest } from '../status-error.ts';

export interface FieldRequirement {
  readonly field: string;
  readonly equal: boolean;
  readonly value: string;
}

/** The text of a field that can be selected; undefined when the kind does not offer it. */
export type Selectable = Readonly<Record<string, (object: JsonObject) => string>>;

/** @throws StatusError 400 for what cannot be parsed and for fields that the kind does not offer. */
export function parseFieldSelector(
  text: string,
  unknownField: (field: string) => string | undefined,
): readonly FieldRequirement[] {
  if (text === '') return [];
  return text
    .split(/(?<!\\),/)
    .filter((term) => term !== '')
    .map((term) => {
      const split = /^(.*?)(!=|==|=)(.*)$/.exec(term);
      if (split === null) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
      const [, field = '', operator, value = ''] = split;
      const complaint = unknownField(field);
      if (complaint !== undefined) throw badRequest(complaint);
      return { field, equal: operator !== '!=', value: value.replace(/\\([\\,=])/g, '$1') };
    });
}

/** True when the object meets every requirement. */
export function fieldsMatch(
  requirements: readonly FieldRequirement[],
  selectable: Selectable,
  object: JsonObject,
): boolean {
  return requirements.every(({ field, equal, value }) => ((selectable[field]?.(object) ?? '') === value) === equal);
}
