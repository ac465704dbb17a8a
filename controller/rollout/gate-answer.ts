/** What the answer of a gate means: yes only when it is complete, readable, and speaks of no other revision. Pure. */

import type { Json, JsonObject } from '../../kube/api.ts';
import { type Answered, objectIn, shortText } from './calls.ts';

/** `other`: it speaks of another revision. `unknown`: nobody knows what it means; never a yes. */
export interface GateSaid {
  readonly kind: 'yes' | 'no' | 'other' | 'unknown';
  readonly message: string;
}

/** Fields that the question had and an answer may repeat. */
export interface Bound {
  readonly rolloutUid: string;
  readonly podHash: string;
  readonly checksum: string;
  readonly revision: number;
  readonly attempt: number;
}

export function readGate(answer: Answered, bound: Bound): GateSaid {
  if (answer.kind === 'none') return { kind: 'unknown', message: answer.why };
  const { status } = answer;
  const object = objectIn(answer.body);
  const said = textOf(object);
  const text = `it answered ${status}${said === '' ? '' : `: ${said}`}`;
  const other = object === undefined ? undefined : mismatch(object, bound);
  if (other !== undefined) return { kind: 'other', message: other };
  if (status >= 400 && status < 500 && status !== 408 && status !== 425 && status !== 429)
    return { kind: 'no', message: text };
  if (status < 200 || status > 299) return { kind: 'unknown', message: text };
  if (object === undefined && !isPlain(answer.body, answer.type))
    return {
      kind: 'unknown',
      message: `it answered ${status} with a body that is neither a JSON object nor plain text`,
    };
  return { kind: object?.open === false ? 'no' : 'yes', message: text };
}

function textOf(object: JsonObject | undefined): string {
  return typeof object?.message === 'string' ? shortText(object.message) : '';
}

/** Simple testers answer with a word or nothing; a web page is what a proxy or a login gives. */
function isPlain(body: string, type: string): boolean {
  return body.trim() === '' || type.startsWith('text/plain');
}

function mismatch(object: JsonObject, bound: Bound): string | undefined {
  const { rollout } = object;
  const named = typeof rollout === 'object' && rollout !== null && 'uid' in rollout ? { rolloutUid: rollout.uid } : {};
  const said: Readonly<Record<string, Json | undefined>> = { ...object, ...named };
  for (const [field, wanted] of Object.entries(bound)) {
    const found = said[field];
    const text = typeof found === 'string' ? found : JSON.stringify(found ?? null);
    if (text === 'null' || text === String(wanted)) continue;
    return `its answer is about ${field} ${shortText(text)}, not ${wanted}, and was refused`;
  }
  return undefined;
}
