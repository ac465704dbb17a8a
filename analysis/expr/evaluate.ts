/** Walks the tree of a condition and gives its value; every step is counted, and errors carry the offset where they arose. */
import { closureFunctions } from './builtins-closures.ts';
import { intArgument, itemAt, plainFunctions } from './builtins.ts';
import type { ClosureFunction, PlainFunction, Pointers } from './function-types.ts';
import type { Meter } from './meter.ts';
import { applyBinary, applyUnary, mismatch } from './operators.ts';
import type { Node } from './syntax.ts';
import { callMethod } from './time-methods.ts';
import { ExprError, isList, isMap, type Value, typeName } from './value.ts';
import { valueText } from './value-text.ts';

export interface Environment {
  readonly names: ReadonlyMap<string, Value>;
  /** Functions besides the built-in ones. */
  readonly functions: Readonly<Record<string, PlainFunction>>;
  readonly meter: Meter;
}

interface Scope extends Environment {
  /** The names of the environment, without those that `let` gave. */
  readonly env: ReadonlyMap<string, Value>;
  readonly pointers?: Pointers;
}

/** Thrown inside an optional chain when its object is nil; the chain turns it into nil. */
class ChainEnd extends Error {}

export function evaluate(node: Node, environment: Environment): Value {
  return run(node, { ...environment, env: environment.names });
}

function run(node: Node, scope: Scope): Value {
  scope.meter.step();
  try {
    return runNode(node, scope);
  } catch (error) {
    if (error instanceof ExprError && error.at === undefined) throw new ExprError(error.message, node.at);
    throw error;
  }
}

function runNode(node: Node, scope: Scope): Value {
  switch (node.kind) {
    case 'literal':
      return node.value;
    case 'name':
      return scope.names.get(node.name) ?? null;
    case 'pointer':
      return scope.pointers?.[node.name] ?? null;
    case 'unary':
      return applyUnary(node.operator, run(node.operand, scope));
    case 'binary':
      return runBinary(node, scope);
    case 'choice':
      return run(truth(run(node.test, scope), 'the test of a choice') ? node.whenTrue : node.whenFalse, scope);
    case 'member':
      return runMember(node, scope);
    case 'chain':
      return runChain(node.body, scope);
    case 'slice':
      return runSlice(node, scope);
    case 'call':
      return runCall(node, scope);
    case 'list':
      return scope.meter.list(node.items.map((item) => run(item, scope)));
    case 'map':
      return runMap(node.entries, scope);
    case 'env':
      return scope.env;
    case 'method':
      return runMethod(node, scope);
    case 'sequence':
      for (const item of node.items) run(item, scope);
      return run(node.last, scope);
    case 'let':
      return run(node.body, { ...scope, names: new Map([...scope.names, [node.name, run(node.value, scope)]]) });
  }
}

function truth(value: Value, what: string): boolean {
  if (typeof value !== 'boolean') throw new ExprError(`${what} must be true or false, not ${typeName(value)}`);
  return value;
}

function runBinary(node: Extract<Node, { kind: 'binary' }>, scope: Scope): Value {
  const left = run(node.left, scope);
  if (node.operator === '??') return left ?? run(node.right, scope);
  if (node.operator === 'and' || node.operator === 'or') {
    if (typeof left !== 'boolean') throw mismatch(node.operator, left, true);
    if (left === (node.operator === 'or')) return left;
    return truth(run(node.right, scope), `the right side of ${node.operator}`);
  }
  return applyBinary(node.operator, left, run(node.right, scope), scope.meter);
}

function runChain(body: Node, scope: Scope): Value {
  try {
    return run(body, scope);
  } catch (error) {
    if (error instanceof ChainEnd) return null;
    throw error;
  }
}

function runMember(node: Extract<Node, { kind: 'member' }>, scope: Scope): Value {
  const object = run(node.object, scope);
  if (object === null && node.optional) throw new ChainEnd();
  const key = run(node.key, scope);
  if (isMap(object)) {
    if (typeof key !== 'string') throw new ExprError(`a map is read by a text, not by ${typeName(key)}`);
    return object.get(key) ?? null;
  }
  if (isList(object)) {
    const item = itemAt(object, intArgument('an index', key));
    if (item === undefined) {
      throw new ExprError(`index out of range: ${valueText(key)} (the list has ${object.length} items)`);
    }
    return item;
  }
  throw new ExprError(`can't read ${valueText(key)} from ${typeName(object)}`);
}

function runMethod(node: Extract<Node, { kind: 'method' }>, scope: Scope): Value {
  const object = run(node.object, scope);
  if (object === null && node.optional) throw new ChainEnd();
  const args = node.args.map((arg) => run(arg, scope));
  for (const arg of args) scope.meter.charge(arg);
  return callMethod(object, node.name, args);
}

function runSlice(node: Extract<Node, { kind: 'slice' }>, scope: Scope): Value {
  const object = run(node.object, scope);
  const from = node.from === undefined ? 0n : intArgument('a slice', run(node.from, scope));
  const whole = typeof object === 'string' ? Array.from(object) : object;
  if (!isList(whole)) throw new ExprError(`can't cut a slice from ${typeName(object)}`);
  const to = node.to === undefined ? BigInt(whole.length) : intArgument('a slice', run(node.to, scope));
  scope.meter.charge(object);
  const [start, end] = [bounded(from, whole.length), bounded(to, whole.length)];
  return typeof object === 'string' ? Array.from(object).slice(start, end).join('') : whole.slice(start, end);
}

function bounded(index: bigint, length: number): number {
  const fromStart = index < 0n ? index + BigInt(length) : index;
  if (fromStart < 0n) return 0;
  return fromStart > BigInt(length) ? length : Number(fromStart);
}

function runMap(entries: readonly { readonly key: Node; readonly value: Node }[], scope: Scope): Value {
  const map = new Map<string, Value>();
  for (const { key, value } of entries) {
    const name = run(key, scope);
    if (typeof name !== 'string') throw new ExprError(`a map key must be a text, not ${typeName(name)}`, key.at);
    map.set(name, run(value, scope));
  }
  return map;
}

function runCall(node: Extract<Node, { kind: 'call' }>, scope: Scope): Value {
  const args = node.args.map((arg) => run(arg, scope));
  const own = lookUp(closureFunctions, node.name);
  if (own !== undefined) {
    const body = node.closure?.body;
    const apply = body === undefined ? undefined : (pointers: Pointers): Value => run(body, { ...scope, pointers });
    return own(args, apply, scope.meter);
  }
  const plain = lookUp(scope.functions, node.name) ?? lookUp(plainFunctions, node.name);
  if (plain === undefined) throw new ExprError(`the function ${node.name}() is unknown`);
  if (!constantTime.has(node.name)) for (const arg of args) scope.meter.charge(arg);
  return plain(args, scope.meter);
}

/** Functions that look at an argument without walking it. */
const constantTime: ReadonlySet<string> = new Set([
  'len',
  'type',
  'first',
  'last',
  'get',
  'isNil',
  'default',
  'isNaN',
  'isInf',
]);

/** Looks a function up without reaching the prototype. */
function lookUp<T extends PlainFunction | ClosureFunction>(
  table: Readonly<Record<string, T>>,
  name: string,
): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
