/**
 * Reads the Secrets that metrics backends know by name (datadog, newrelic, ...), for one measurement: from which namespace and
 * with whose rights follows `--analysis-secrets`. Keeps what must be masked.
 */
import type { Missing, SecretAnswer, SecretPort, SecretRequest } from '../../analysis/provider.ts';
import { missingKey, type Secrets, type SecretsParts, secretsOf } from './secrets.ts';

export interface SecretPortParts extends SecretsParts {
  /** Where the operator keeps the Secrets that all runs share; used only where the controller reads with its own rights. */
  readonly sharedNamespace?: string;
}

export interface NamedSecrets {
  readonly port: SecretPort;
  /** Values read so far that nobody may see. */
  readonly hidden: () => readonly string[];
}

/** `own` reads in the namespace of the run; each Secret is read once. */
export function namedSecrets(own: Secrets, parts: SecretPortParts): NamedSecrets {
  const hidden = new Set<string>();
  const isShared = parts.rights === 'controller' && parts.sharedNamespace !== undefined;
  const shared =
    isShared && parts.sharedNamespace !== parts.namespace
      ? { namespace: parts.sharedNamespace, secrets: secretsOf({ ...parts, namespace: parts.sharedNamespace }) }
      : { namespace: parts.namespace, secrets: own };
  const read = async (request: SecretRequest): Promise<SecretAnswer> => {
    const from = request.place === 'shared' ? shared : { namespace: parts.namespace, secrets: own };
    const found = await from.secrets.readAll(request.name, request.needs);
    if (found.kind === 'wrong') return { kind: found.mayPass ? 'unavailable' : 'misconfigured', why: found.message };
    const answer = picked(request, found.data, `Secret ${from.namespace}/${request.name}`, from.secrets === own);
    if (answer.kind !== 'ok') return answer;
    for (const [key, value] of answer.values) if (request.open?.includes(key) !== true) hidden.add(value);
    return answer;
  };
  return { port: { read }, hidden: () => [...hidden] };
}

/** Names of keys are told to those only whose Secret it is. */
function picked(
  request: SecretRequest,
  data: ReadonlyMap<string, string>,
  what: string,
  tellsKeys: boolean,
): SecretAnswer {
  const keys = [...request.needs, ...(request.may ?? [])];
  const values = new Map(
    keys.flatMap((key) => {
      const value = data.get(key)?.trim() ?? '';
      return value === '' ? [] : [[key, value] as const];
    }),
  );
  const lacking = request.needs.find((key) => !values.has(key));
  if (lacking === undefined) return { kind: 'ok', values };
  if (data.has(lacking)) return misconfigured(`${what} has an empty key ${lacking}; fill it`);
  return misconfigured(tellsKeys ? missingKey(what, lacking, data) : `${what} has no key ${lacking}; add it`);
}

function misconfigured(why: string): Missing {
  return { kind: 'misconfigured', why };
}
