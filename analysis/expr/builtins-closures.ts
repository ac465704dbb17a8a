/** Functions that run a closure over the items of a list: all, filter, reduce and their kin. */
import { added, argument, listArgument, sorted } from './builtins.ts';
import type { Apply, ClosureFunction, Pointers } from './function-types.ts';
import type { Meter } from './meter.ts';
import { ExprError, type Value, typeName } from './value.ts';
import { valueText } from './value-text.ts';

interface Item {
  readonly item: Value;
  readonly index: number;
}

function itemsOf(name: string, args: readonly Value[], meter: Meter): readonly Item[] {
  const list = listArgument(name, argument(args, 0));
  meter.iterated(list);
  return list.map((item, index) => ({ item, index }));
}

function pointersAt({ item, index }: Item, acc: Value = null): Pointers {
  return { item, index: BigInt(index), acc };
}

/** The closure as a test; without one (`count(list)`) the item itself is the answer. */
function test(name: string, apply: Apply | undefined): (one: Item) => boolean {
  return (one) => {
    const answer = apply === undefined ? one.item : apply(pointersAt(one));
    if (typeof answer !== 'boolean') {
      throw new ExprError(`the closure of ${name}() must give true or false, not ${typeName(answer)}`);
    }
    return answer;
  };
}

function overTests(
  name: string,
  answer: (items: readonly Item[], holds: (one: Item) => boolean) => Value,
): ClosureFunction {
  return (args, apply, meter) => answer(itemsOf(name, args, meter), test(name, apply));
}

function mapped(apply: Apply | undefined): (one: Item) => Value {
  return (one) => (apply === undefined ? one.item : apply(pointersAt(one)));
}

const sum: ClosureFunction = (args, apply, meter) => {
  const items = itemsOf('sum', args, meter).map(mapped(apply));
  return items.reduce<Value>(added, 0n);
};

/** Without a start value the first item is the start, as in the language. */
const reduce: ClosureFunction = (args, apply, meter) => {
  const items = itemsOf('reduce', args, meter);
  const hasStart = args.length > 1;
  const first = items[0];
  if (!hasStart && first === undefined) throw new ExprError('reduce() of an empty list needs a start value');
  let acc = hasStart ? argument(args, 1) : (first?.item ?? null);
  for (const one of hasStart ? items : items.slice(1)) acc = apply === undefined ? acc : apply(pointersAt(one, acc));
  return acc;
};

const sortBy: ClosureFunction = (args, apply, meter) => {
  const keyOf = mapped(apply);
  const keyed = itemsOf('sortBy', args, meter).map((one) => ({ key: keyOf(one), item: one.item }));
  return sorted(keyed, args[1] ?? null, meter);
};

/** Keys that are no texts are written as the language writes them, since maps here have texts for keys. */
const groupBy: ClosureFunction = (args, apply, meter) => {
  const keyOf = mapped(apply);
  const groups = new Map<string, Value[]>();
  for (const one of itemsOf('groupBy', args, meter)) {
    const key = keyOf(one);
    const name = typeof key === 'string' ? key : valueText(key);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [one.item]);
    else group.push(one.item);
  }
  return groups;
};

export const closureFunctions: Readonly<Record<string, ClosureFunction>> = {
  all: overTests('all', (items, holds) => items.every(holds)),
  any: overTests('any', (items, holds) => items.some(holds)),
  none: overTests('none', (items, holds) => !items.some(holds)),
  one: overTests('one', (items, holds) => items.filter(holds).length === 1),
  filter: overTests('filter', (items, holds) => items.filter(holds).map(({ item }) => item)),
  count: overTests('count', (items, holds) => BigInt(items.filter(holds).length)),
  find: overTests('find', (items, holds) => items.find(holds)?.item ?? null),
  findLast: overTests('findLast', (items, holds) => items.findLast(holds)?.item ?? null),
  findIndex: overTests('findIndex', (items, holds) => indexOrNil(items.find(holds))),
  findLastIndex: overTests('findLastIndex', (items, holds) => indexOrNil(items.findLast(holds))),
  map: (args, apply, meter) => itemsOf('map', args, meter).map(mapped(apply)),
  sum,
  reduce,
  groupBy,
  sortBy,
};

function indexOrNil(found: Item | undefined): Value {
  return found === undefined ? null : BigInt(found.index);
}
