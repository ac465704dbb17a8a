/** The options of a write that come with its query: dryRun, fieldManager, fieldValidation, force. */

import { isJsonObject } from '../../crds/schema/json.ts';
import type { ApiCall, Commit } from './contract.ts';
import type { Core, Target, Write } from './core.ts';
import { listAt, textOf } from './json-access.ts';
import { invalidOptions } from './status-error.ts';

type OptionsKind = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions';

const validations = ['Ignore', 'Strict', 'Warn'] as const;

/** @throws StatusError 422 for values that are not known. */
export function writeOf(core: Core, call: ApiCall, target: Target, verb: Commit['verb'], options: OptionsKind): Write {
  const { query } = call;
  return {
    core,
    target,
    caller: call.caller,
    verb,
    dryRun: dryRun(options === 'DeleteOptions' ? dryRunOfDelete(call) : query.dryRun, options),
    fieldManager: managerOf(call, verb, options),
    fieldValidation: fieldValidation(query.fieldValidation, options),
    warnings: [],
    unreadable: call.unreadable,
    duplicates: call.duplicates ?? [],
  };
}

/** A DELETE with a body has its options there. */
function dryRunOfDelete({ body, query }: ApiCall): string | undefined {
  if (!isJsonObject(body)) return query.dryRun;
  const said = listAt(body, 'dryRun').map(textOf);
  return said.find((one) => one !== 'All') ?? said[0];
}

function dryRun(text: string | undefined, options: OptionsKind): boolean {
  if (text === undefined || text === '') return false;
  if (text === 'All') return true;
  const message = `Unsupported value: [${JSON.stringify(text)}]: supported values: "All"`;
  throw invalidOptions(options, { reason: 'FieldValueNotSupported', field: 'dryRun', message });
}

function fieldValidation(text: string | undefined, options: OptionsKind): Write['fieldValidation'] {
  if (text === undefined || text === '') return 'Warn';
  const known = validations.find((one) => one === text);
  if (known !== undefined) return known;
  const message = `Unsupported value: ${JSON.stringify(text)}: supported values: "", "Ignore", "Strict", "Warn"`;
  throw invalidOptions(options, { reason: 'FieldValueNotSupported', field: 'fieldValidation', message });
}

const maxManagerBytes = 128;

/** Who does not name itself is known by the program in its user agent; an apply must name its manager. */
function managerOf({ query, caller }: ApiCall, verb: Commit['verb'], options: OptionsKind): string {
  const said = query.fieldManager ?? '';
  if (said === '') return verb === 'apply' ? '' : programOf(caller.userAgent);
  const refuse = (reason: string, message: string) =>
    invalidOptions(options, { reason, field: 'fieldManager', message });
  if (said.length > maxManagerBytes) {
    throw refuse('FieldValueTooLong', `Too long: may not be more than ${maxManagerBytes} bytes`);
  }
  const at = said.search(/\p{C}/u);
  if (at < 0) return said;
  const code = (said.codePointAt(at) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  throw refuse(
    'FieldValueInvalid',
    `Invalid value: ${JSON.stringify(said)}: invalid character U+${code} (at position ${at})`,
  );
}

function programOf(userAgent: string): string {
  return (userAgent.split('/')[0] ?? '').slice(0, maxManagerBytes) || 'unknown';
}
