/** The sentences that people read when the API server refuses an object of a set. Pure. */

import { problem } from '../../crds/schema/problem.ts';
import type { ApiResult, JsonObject, ObjectKey } from '../../kube/api.ts';
import { refusedField } from '../../kube/refused-field.ts';
import { keyText } from './objects.ts';

const longest = 1000;

/** `refused`: somebody must change something. `passing`: worth another try. */
export type Refused = { readonly kind: 'refused' | 'passing'; readonly sentences: readonly string[] };

/**
 * What is wrong when a call for `key` as `account` (`ServiceAccount shop/deployer`) did not succeed; undefined when it did.
 * `sent` is the object of a write, in which the value found is looked up.
 */
export function refusalOf(
  key: ObjectKey,
  result: ApiResult,
  account: string,
  sent: JsonObject = {},
): Refused | undefined {
  const object = keyText(key);
  switch (result.kind) {
    case 'ok':
      return undefined;
    case 'invalid':
      return { kind: 'refused', sentences: invalidSentences(key, result, sent) };
    case 'forbidden':
      return { kind: 'refused', sentences: [forbiddenSentence(object, result.right, account)] };
    case 'not-found':
    case 'gone':
      return { kind: 'refused', sentences: [unservedSentence(key, result.message)] };
    case 'conflict':
      return {
        kind: 'passing',
        sentences: [`${object} was changed by somebody else at the same moment; it is read again.`],
      };
    case 'busy':
      return { kind: 'passing', sentences: [`The API server is too busy to take ${object}; it is tried again.`] };
    case 'unknown':
      return { kind: 'passing', sentences: [`The API server gave no answer for ${object}; it is read again.`] };
  }
}

/** The server quotes values in its messages, so what it says of a Secret is cut down to the fields. */
function invalidSentences(
  key: ObjectKey,
  result: Extract<ApiResult, { kind: 'invalid' }>,
  sent: JsonObject,
): readonly string[] {
  const object = keyText(key);
  if (key.kind === 'Secret') {
    const fields = result.problems.map((one) => one.field).filter((field) => /^[\w.[\]-]+$/.test(field));
    return [
      problem({
        object,
        field: fields.length === 0 ? 'the Secret' : fields.join(', '),
        found: 'not accepted by the API server',
        allowed: 'only what kubectl apply --dry-run=server accepts can be applied',
        remedy: 'check its type, its keys and that data is base64, and correct it in Git',
      }).message,
    ];
  }
  return refusedSentences(object, result, sent);
}

/** One sentence for each thing that the API server has to say about an object. */
export function refusedSentences(
  object: string,
  result: Extract<ApiResult, { kind: 'invalid' }>,
  sent: JsonObject,
): readonly string[] {
  const said = result.problems.length > 0 ? result.problems : [{ field: '', message: result.message }];
  return said.map((one) => {
    const { field, found, allowed, remedy } = refusedField(one, sent);
    if (field === '') return bounded(`${object}: the API server refuses it: ${endless(allowed)}; correct it in Git.`);
    return bounded(problem({ object, field, found, allowed, remedy: `${remedy} in Git` }).message);
  });
}

function forbiddenSentence(object: string, right: string, account: string): string {
  return bounded(
    `${object}: ${account} lacks the right ${endless(right)}: grant it by a Role and a RoleBinding, or remove the object from Git.`,
  );
}

function unservedSentence(key: ObjectKey, message: string): string {
  const kind = key.group === '' ? key.kind : `${key.kind}.${key.group}`;
  return bounded(
    `${keyText(key)}: the API server does not know ${kind} or its namespace (${endless(message)}): install what it needs first, or remove the object from Git.`,
  );
}

function endless(sentence: string): string {
  return sentence.trim().replace(/[.;]+$/, '');
}

/** Control characters out, length capped: server messages end up in status, events and commits. */
export function bounded(sentence: string, most: number = longest): string {
  // oxlint-disable-next-line no-control-regex
  const clean = sentence.replaceAll(/[\u0000-\u001f\u007f]+/g, ' ');
  return clean.length <= most ? clean : `${clean.slice(0, most - 1)}…`;
}
