/**
 * Kubernetes' JSONPath dialect as far as metrics use it: `{$.a.b[0]['c'][*]}`, negative indexes, slices, `..` and simple filters
 * `[?(@.x == 1)]`. Templates with text around the braces, `range` and unions are refused by name.
 */
import { isJsonObject, type Json } from '../../crds/schema/json.ts';

export type JsonPath = readonly PathStep[];

type PathStep =
  | { readonly kind: 'member'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | {
      readonly kind: 'slice';
      readonly from: number | undefined;
      readonly to: number | undefined;
      readonly step: number;
    }
  | { readonly kind: 'all' }
  | { readonly kind: 'descend' }
  | { readonly kind: 'filter'; readonly path: JsonPath; readonly operator: FilterOperator; readonly operand: Json };

type FilterOperator = 'exists' | '==' | '!=' | '<' | '<=' | '>' | '>=';

export type ParsedPath =
  | { readonly kind: 'ok'; readonly path: JsonPath }
  | { readonly kind: 'wrong'; readonly message: string };

class PathError extends Error {}

const maxResults = 100_000;

export function parseJsonPath(text: string): ParsedPath {
  try {
    return { kind: 'ok', path: steps(body(text)) };
  } catch (error) {
    if (error instanceof PathError)
      return { kind: 'wrong', message: `the JSONPath ${JSON.stringify(text)} ${error.message}` };
    throw error;
  }
}

/** The path between the braces; without braces it is taken as it is, as kubectl does. */
function body(text: string): string {
  const trimmed = text.trim();
  if (trimmed.length > 1000) throw new PathError('is longer than 1000 characters');
  const braced = /^\{(.*)\}$/s.exec(trimmed);
  const inner = (braced?.[1] ?? trimmed).trim();
  if (/^(range|end)\b/.test(inner)) throw new PathError('uses range, which is not supported');
  if (inner.includes('{') || inner.includes('}'))
    throw new PathError('has text or a second expression around its braces, which is not supported');
  if (inner === '') throw new PathError('is empty');
  return inner.startsWith('$') ? inner.slice(1) : inner;
}

const token = new RegExp(
  [
    String.raw`(?<descend>\.\.)`,
    String.raw`\.?\[(?<star>\s*\*\s*)\]|\.(?<dotstar>\*)`,
    String.raw`\.?\[\s*(?<index>-?\d{1,9})\s*\]`,
    String.raw`\.?\[\s*(?:'(?<single>[^']*)'|"(?<double>[^"]*)")\s*\]`,
    String.raw`\.?\[\s*(?<from>-?\d{0,9}):(?<to>-?\d{0,9})(?::(?<step>\d{0,9}))?\s*\]`,
    String.raw`\.?\[\?\((?<filter>[^)]*)\)\]`,
    String.raw`\.?(?<name>(?:[^.[\]'"*?()\\\s]|\\.)+)`,
  ].join('|'),
  'y',
);

function steps(source: string): JsonPath {
  const found: PathStep[] = [];
  let at = 0;
  while (at < source.length) {
    if (source.slice(at) === '.') break;
    token.lastIndex = at;
    const match = token.exec(source);
    if (match?.groups === undefined || match[0] === '')
      throw new PathError(`can't be read at ${JSON.stringify(source.slice(at, at + 20))}`);
    at += match[0].length;
    found.push(stepOf(match.groups));
  }
  return found;
}

function stepOf(groups: Readonly<Record<string, string | undefined>>): PathStep {
  if (groups['descend'] !== undefined) return { kind: 'descend' };
  if (groups['star'] !== undefined || groups['dotstar'] !== undefined) return { kind: 'all' };
  if (groups['index'] !== undefined) return { kind: 'index', index: Number(groups['index']) };
  if (groups['filter'] !== undefined) return filterOf(groups['filter']);
  if (groups['from'] !== undefined || groups['to'] !== undefined) return sliceOf(groups);
  const quoted = groups['single'] ?? groups['double'];
  if (quoted !== undefined) return { kind: 'member', name: quoted };
  return { kind: 'member', name: (groups['name'] ?? '').replace(/\\(.)/g, '$1') };
}

function sliceOf(groups: Readonly<Record<string, string | undefined>>): PathStep {
  const number = (text: string | undefined): number | undefined => (text ? Number(text) : undefined);
  const step = number(groups['step']) ?? 1;
  if (step === 0) throw new PathError('has a slice with step 0');
  return { kind: 'slice', from: number(groups['from']), to: number(groups['to']), step };
}

const filterPattern = /^\s*@([^=!<>]*?)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?))?\s*$/;

function filterOf(text: string): PathStep {
  const match = filterPattern.exec(text);
  if (match === null)
    throw new PathError(`has the filter ${JSON.stringify(text)}; supported is @.field, alone or compared with a value`);
  const [, path = '', operator, operand] = match;
  const inner = path.trim() === '' ? [] : steps(path.trim());
  if (operator === undefined) return { kind: 'filter', path: inner, operator: 'exists', operand: null };
  return { kind: 'filter', path: inner, operator: operator as FilterOperator, operand: operandOf(operand ?? '') };
}

function operandOf(text: string): Json {
  const quoted = /^'([^']*)'$|^"([^"]*)"$/.exec(text);
  if (quoted !== null) return quoted[1] ?? quoted[2] ?? '';
  if (text === 'true' || text === 'false') return text === 'true';
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new PathError(`compares with ${text}, but only numbers, quoted texts, true and false are supported`);
}

/** All matches in order; empty when nothing matches. */
export function findByPath(path: JsonPath, root: Json): readonly Json[] {
  let current: readonly Json[] = [root];
  for (const step of path) {
    current = current.flatMap((value) => [...applied(step, value)]);
    if (current.length > maxResults) return current.slice(0, maxResults);
  }
  return current;
}

function applied(step: PathStep, value: Json): readonly Json[] {
  switch (step.kind) {
    case 'member':
      return present(isJsonObject(value) && Object.hasOwn(value, step.name) ? value[step.name] : undefined);
    case 'index':
      return present(listOf(value).at(step.index));
    case 'slice':
      return listOf(value)
        .slice(step.from, step.to)
        .filter((_, index) => index % step.step === 0);
    case 'all':
      return children(value);
    case 'descend':
      return descendants(value);
    case 'filter':
      return children(value).filter((item) => passes(step, item));
  }
}

function present(value: Json | undefined): readonly Json[] {
  return value === undefined ? [] : [value];
}

function listOf(value: Json): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function children(value: Json): readonly Json[] {
  if (isJsonObject(value)) return Object.values(value).filter((item) => item !== undefined);
  return listOf(value);
}

function descendants(root: Json): readonly Json[] {
  const found: Json[] = [];
  const open: Json[] = [root];
  for (let value = open.pop(); value !== undefined && found.length < maxResults; value = open.pop()) {
    found.push(value);
    open.push(...children(value).toReversed());
  }
  return found;
}

function passes(step: Extract<PathStep, { kind: 'filter' }>, item: Json): boolean {
  const [left] = findByPath(step.path, item);
  if (left === undefined) return false;
  if (step.operator === 'exists') return true;
  if (step.operator === '==') return left === step.operand;
  if (step.operator === '!=') return left !== step.operand;
  const comparable = typeof left === typeof step.operand && (typeof left === 'number' || typeof left === 'string');
  if (!comparable || left === null || step.operand === null) return false;
  switch (step.operator) {
    case '<':
      return left < step.operand;
    case '<=':
      return left <= step.operand;
    case '>':
      return left > step.operand;
    case '>=':
      return left >= step.operand;
  }
}
