/** Reads YAML and JSON as Kubernetes does, from text nobody trusts: what aliases expand to is counted before anything is built. Pure. */
import {
  constructFromEvents,
  defineMappingTag,
  defineScalarTag,
  type Event,
  EVENT_ID,
  getScalarValue,
  NOT_RESOLVED,
  parseEvents,
  SCALAR_STYLE,
  Schema,
  seqTag,
  strTag,
  YAMLException,
} from 'js-yaml';
import type { Json, JsonObject } from '../../crds/schema/json.ts';
import { isJsonObject } from '../../crds/schema/json.ts';
import { plainScalar, scalarProblem } from './go-scalar.ts';

export interface YamlDocument {
  readonly value: Json;
  /** Line of the document's first content, from 1. */
  readonly line: number;
}

export type YamlResult =
  | { readonly kind: 'ok'; readonly documents: readonly YamlDocument[] }
  | { readonly kind: 'invalid'; readonly line?: number; readonly message: string };

const MAX_EXPANDED_NODES = 500_000;
const MAX_EXPANDED_CHARS = 32 * 1024 * 1024;
const MAX_DEPTH = 100;
const MAX_REPAIRS = 200;
const MAX_REPARSED_CHARS = 20_000_000;
const FLOW_INDENT = 200;

/** All documents of a file that hold anything. Empty ones and those of comments only are left out, as kubectl does. */
export function readYaml(text: string): YamlResult {
  try {
    const { events, source } = parseLeniently(text.startsWith('\ufeff') ? text.slice(1) : text);
    const problem = problemIn(events, source);
    if (problem !== undefined) return { kind: 'invalid', line: lineAt(source, problem.at), message: problem.message };
    const values = constructFromEvents(events, { source, schema: SCHEMA });
    const lines = documentLines(events, source);
    const documents = values.map((value, index) => ({ value: value as Json, line: lines[index] ?? 1 }));
    return {
      kind: 'ok',
      documents: documents.filter((document) => document.value !== null && document.value !== undefined),
    };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const line = error.mark === undefined ? undefined : error.mark.line + 1;
    return { kind: 'invalid', message: error.reason, ...(line === undefined ? {} : { line }) };
  }
}

/**
 * Go's reader doesn't care how the lines of `[...]` and `{...}` are indented, js-yaml does: the lines it complains about are indented for
 * it, which changes no value. Lines keep their numbers.
 */
function parseLeniently(text: string): { events: Event[]; source: string } {
  let source = text;
  for (let repairs = Math.min(MAX_REPAIRS, MAX_REPARSED_CHARS / (text.length + 1)); ; repairs -= 1) {
    try {
      return { events: parseEvents(source, { maxDepth: MAX_DEPTH }), source };
    } catch (error) {
      const at =
        error instanceof YAMLException && error.reason === 'deficient indentation' ? error.mark?.position : undefined;
      const repaired = at === undefined || repairs < 1 ? undefined : indented(source, at);
      if (repaired === undefined) throw error;
      source = repaired;
    }
  }
}

function indented(source: string, at: number): string | undefined {
  const lineStart = source.lastIndexOf('\n', at - 1) + 1;
  const before = source.slice(lineStart, at);
  if (before.trim() === '') return `${source.slice(0, lineStart)}${' '.repeat(FLOW_INDENT)}${source.slice(lineStart)}`;
  const gap = /[ \t]*$/.exec(before)?.[0] ?? '';
  if (!gap.includes('\t')) return undefined;
  return `${source.slice(0, at - gap.length)}${' '.repeat(gap.length)}${source.slice(at)}`;
}

/** Stands for a plain `<<` key while a mapping is built; never part of a result. */
const MERGE = Symbol('merge');

interface Carrier {
  readonly value: Record<string, Json>;
  readonly own: Set<string>;
}

const TAG = 'tag:yaml.org,2002:';
const notDumped = { identify: () => false };

const plainTag = defineScalarTag<unknown>('tag:tidegate.io,2026:plain', {
  ...notDumped,
  implicit: true,
  resolve: (source) => {
    if (source === '<<') return MERGE;
    const value = plainScalar(source);
    return typeof value === 'string' ? NOT_RESOLVED : value;
  },
});

function explicitTag(name: string, accepts: (value: unknown) => boolean) {
  return defineScalarTag<unknown>(TAG + name, {
    ...notDumped,
    resolve: (source) => {
      const value = plainScalar(source);
      return accepts(value) ? value : NOT_RESOLVED;
    },
  });
}

// Go's reader decodes !!binary into text; bytes that are not UTF-8 have no place in JSON.
const binaryTag = defineScalarTag<string>(`${TAG}binary`, {
  ...notDumped,
  resolve: (source) => {
    const compact = source.replaceAll(/\s/g, '');
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(compact)) return NOT_RESOLVED;
    const bytes = Uint8Array.from(atob(compact), (char) => char.charCodeAt(0));
    return new TextDecoder().decode(bytes);
  },
});

const mapTag = defineMappingTag<Carrier, JsonObject>(`${TAG}map`, {
  ...notDumped,
  create: () => ({ value: {}, own: new Set() }),
  addPair: (carrier, key, value) => {
    if (key === MERGE) return mergeInto(carrier, value);
    if (typeof key !== 'string' && typeof key !== 'number' && typeof key !== 'boolean')
      return 'a key must be text, a number or a bool';
    const name = String(key);
    if (carrier.own.has(name)) return `key ${JSON.stringify(name)} is given twice in one mapping`;
    carrier.own.add(name);
    put(carrier.value, name, value === MERGE ? '<<' : (value as Json));
    return '';
  },
  // Doubles are found by addPair, which can say which key it is.
  has: () => false,
  keys: (result) => Object.keys(result),
  get: (result, key) => (typeof key === 'string' ? result[key] : undefined),
  finalize: (carrier) => carrier.value,
});

/** kubectl lets a merge override keys that stand before it, and keys after it override the merge. */
function mergeInto(carrier: Carrier, value: unknown): string {
  const sources: readonly unknown[] = Array.isArray(value) ? value.toReversed() : [value];
  for (const source of sources) {
    if (!isJsonObject(source)) return '"<<" must be followed by a mapping or a list of mappings';
    for (const [name, member] of Object.entries(source)) put(carrier.value, name, member ?? null);
  }
  return '';
}

/** Defined, not assigned: a key named `__proto__` is a key like any other. */
function put(target: Record<string, Json>, name: string, value: Json): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
}

const SCHEMA = new Schema([
  strTag,
  seqTag,
  mapTag,
  plainTag,
  explicitTag('null', (value) => value === null),
  explicitTag('bool', (value) => typeof value === 'boolean'),
  explicitTag('int', (value) => Number.isInteger(value)),
  explicitTag('float', (value) => typeof value === 'number'),
  binaryTag,
]);

interface Size {
  nodes: number;
  chars: number;
  depth: number;
}

interface Frame extends Size {
  readonly anchor: string | undefined;
}

interface FoundProblem {
  readonly at: number;
  readonly message: string;
}

/** Walks the flat event list, in which an alias is one entry whatever it stands for, and adds up what it would expand to. */
function problemIn(events: readonly Event[], source: string): FoundProblem | undefined {
  const anchors = new Map<string, Size>();
  const frames: Frame[] = [];
  for (const event of events) {
    switch (event.type) {
      case EVENT_ID.DOCUMENT:
        anchors.clear();
        frames.push({ anchor: undefined, nodes: 0, chars: 0, depth: 0 });
        break;
      case EVENT_ID.SEQUENCE:
      case EVENT_ID.MAPPING:
        frames.push({ anchor: anchorOf(event, source), nodes: 1, chars: 2, depth: 0 });
        break;
      case EVENT_ID.SCALAR: {
        const plain =
          event.style === SCALAR_STYLE.PLAIN && event.tagStart < 0
            ? scalarProblem(getScalarValue(source, event))
            : undefined;
        if (plain !== undefined) return { at: event.valueStart, message: plain };
        const size = { nodes: 1, chars: event.valueEnd - event.valueStart, depth: 0 };
        const anchor = anchorOf(event, source);
        if (anchor !== undefined) anchors.set(anchor, size);
        add(frames.at(-1), size);
        break;
      }
      case EVENT_ID.ALIAS: {
        const name = source.slice(event.anchorStart, event.anchorEnd);
        const size = anchors.get(name);
        if (size === undefined)
          return {
            at: event.anchorStart,
            message: `alias *${name} stands for nothing before it, or for a value that it is part of`,
          };
        add(frames.at(-1), size);
        break;
      }
      case EVENT_ID.POP: {
        const frame = frames.pop();
        if (frame?.anchor !== undefined) anchors.set(frame.anchor, frame);
        if (frame !== undefined) add(frames.at(-1), { nodes: frame.nodes, chars: frame.chars, depth: frame.depth + 1 });
        break;
      }
    }
    const total = frames.at(-1);
    if (total !== undefined && isTooLarge(total))
      return { at: startOf(event), message: 'its aliases expand to more than an object can hold' };
  }
  return undefined;
}

function isTooLarge(size: Size): boolean {
  return size.nodes > MAX_EXPANDED_NODES || size.chars > MAX_EXPANDED_CHARS || size.depth > MAX_DEPTH;
}

function add(frame: Frame | undefined, size: Size): void {
  if (frame === undefined) return;
  frame.nodes += size.nodes;
  frame.chars += size.chars;
  frame.depth = Math.max(frame.depth, size.depth);
}

function anchorOf(event: { anchorStart: number; anchorEnd: number }, source: string): string | undefined {
  return event.anchorStart < 0 ? undefined : source.slice(event.anchorStart, event.anchorEnd);
}

function documentLines(events: readonly Event[], source: string): number[] {
  return events.flatMap((event, index) =>
    event.type === EVENT_ID.DOCUMENT ? [lineAt(source, startOf(events[index + 1]))] : [],
  );
}

function startOf(event: Event | undefined): number {
  if (event === undefined) return 0;
  const starts = [
    'tagStart' in event ? event.tagStart : -1,
    'anchorStart' in event ? event.anchorStart : -1,
    'valueStart' in event ? event.valueStart : -1,
    'start' in event ? event.start : -1,
  ].filter((start) => start >= 0);
  return starts.length === 0 ? 0 : Math.min(...starts);
}

function lineAt(source: string, offset: number): number {
  let line = 1;
  for (let at = source.indexOf('\n'); at >= 0 && at < offset; at = source.indexOf('\n', at + 1)) line += 1;
  return line;
}
