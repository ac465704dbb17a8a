/** Opens the Secret that a backend knows by name, and makes sure that its values can be sent. */
import type { MeasureContext, Missing, SecretRequest } from '../provider.ts';

export interface OpenSecret {
  readonly kind: 'ok';
  /** `Secret "datadog"`, for sentences. */
  readonly title: string;
  /** Empty for a key that is not there; keys of `needs` are never empty. */
  readonly value: (key: string) => string;
}

/** Values go into headers and addresses, so one with a character that those can't carry is refused without showing it. */
export async function openSecret(request: SecretRequest, context: MeasureContext): Promise<OpenSecret | Missing> {
  const title = `Secret "${request.name}"`;
  if (context.secrets === undefined)
    return { kind: 'misconfigured', why: `${title} is needed, and Secrets can't be read here` };
  const answer = await context.secrets.read(request);
  if (answer.kind !== 'ok') return answer;
  const { values } = answer;
  const odd = [...values].find(([, value]) => !/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value));
  if (odd !== undefined) {
    const why = `the key ${odd[0]} of ${title} has a character that can't be sent in a header; write it anew`;
    return { kind: 'misconfigured', why };
  }
  return { kind: 'ok', title, value: (key) => values.get(key) ?? '' };
}
