/**
 * Reads from Kubernetes' Go types how a server writes empty fields: which plain values it leaves out (`omitempty` without a
 * pointer) and which it writes, and which times it writes as null (no pointer, no `omitzero`).
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const scalars = /^(string|bool|u?int(32|64)?|float64)$/;

export interface EmptyFields {
  readonly omitted: readonly string[];
  readonly nullTimes: readonly string[];
  /** Plain values, lists and maps that are written even when they are empty. */
  readonly written: readonly string[];
}

/** JSON names of such fields of a schema such as `io.k8s.api.apps.v1.DeploymentSpec`. */
export function emptyFields(modules: string, schema: string): EmptyFields {
  const at = packageOf(schema);
  const found = at === undefined ? [] : fieldsOf(modules, at, schema.slice(schema.lastIndexOf('.') + 1));
  const named = (kind: GoField['kind']): readonly string[] =>
    found
      .filter((field) => field.kind === kind)
      .map((field) => field.name)
      .toSorted();
  return { omitted: named('omitted'), nullTimes: named('null time'), written: named('written') };
}

interface GoField {
  readonly name: string;
  readonly kind: 'omitted' | 'null time' | 'written';
}

function packageOf(schema: string): readonly [module: string, folder: string] | undefined {
  const [, api, rest] = /^io\.k8s\.(api|apimachinery|apiextensions-apiserver)\.(.+)\.\w+$/.exec(schema) ?? [];
  return api === undefined || rest === undefined ? undefined : [api, rest.replaceAll('.', '/')];
}

const sources = new Map<string, string>();

function sourceOf(modules: string, [module, folder]: readonly [string, string]): string {
  const at = join(modules, `${module}@v0.36.3`, folder);
  const known = sources.get(at);
  if (known !== undefined) return known;
  const files = existsSync(at) ? readdirSync(at).filter((name) => /^(\w*types\w*)\.go$/.test(name)) : [];
  const text = files.map((name) => readFileSync(join(at, name), 'utf8')).join('\n');
  sources.set(at, text);
  return text;
}

function fieldsOf(modules: string, at: readonly [string, string], type: string): readonly GoField[] {
  const text = sourceOf(modules, at);
  const body = new RegExp(`^type ${type} struct \\{\\n([\\s\\S]*?)^\\}`, 'm').exec(text)?.[1] ?? '';
  const found: GoField[] = [];
  for (const line of body.split('\n')) {
    const [, goType = '', tag = ''] = /^\s+(?:\w+\s+)?([\w.*[\]]+)\s+`json:"([^"]*)"/.exec(line) ?? [];
    const [name, ...options] = tag.split(',');
    if (options.includes('inline')) found.push(...fieldsOf(modules, at, goType));
    else if (name && /^(\w+\.)?(Micro)?Time$/.test(goType) && !options.includes('omitzero'))
      found.push({ name, kind: 'null time' });
    else if (name && /^(\[\]|map\[)/.test(goType) && !options.includes('omitempty'))
      found.push({ name, kind: 'written' });
    else if (name && isScalar(text, goType))
      found.push({ name, kind: options.includes('omitempty') ? 'omitted' : 'written' });
  }
  return found;
}

/** Also types that are named for a scalar in the same package; those of other packages that matter are listed. */
function isScalar(text: string, goType: string): boolean {
  if (scalars.test(goType) || /^(types\.UID|\w+\.\w*(Type|Policy|Phase|Protocol))$/.test(goType)) return true;
  const named = new RegExp(`^type ${goType.replace(/[*[\]]/g, '\\$&')} (\\w+)`, 'm').exec(text)?.[1];
  return named !== undefined && scalars.test(named);
}
