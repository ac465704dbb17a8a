/** The recorded answers of the real server: one file a group, one line per part of an answer so that changes are readable. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isJsonObject, type Json, type JsonObject } from '../../crds/schema/json.ts';
import type { NormalAnswer } from './normalise.ts';

export type Recorded = Readonly<Record<string, readonly NormalAnswer[]>>;

const pathOf = (group: string): string => fileURLToPath(new URL(`./recorded/${group}.json`, import.meta.url));

/** Answers by case; empty when the group was never recorded. */
export function readRecorded(group: string): Recorded {
  const path = pathOf(group);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Recorded) : {};
}

export function writeRecorded(group: string, recorded: Recorded): void {
  writeFileSync(pathOf(group), `${laidOut(recorded as JsonObject, 0, '')}\n`);
}

/** Cases, answers and events each on lines of their own. */
const OPEN_DEPTH = 4;
const WIDTH = 150;

function laidOut(value: Json, depth: number, indent: string): string {
  const flat = JSON.stringify(value);
  if (depth >= 2 && flat.length + indent.length < WIDTH) return flat;
  if (depth > OPEN_DEPTH + 2) return flat;
  const inner = `${indent} `;
  if (Array.isArray(value)) {
    const items = (value as readonly Json[]).map((item) => `${inner}${laidOut(item, depth + 1, inner)}`);
    return items.length === 0 ? '[]' : `[\n${items.join(',\n')}\n${indent}]`;
  }
  if (!isJsonObject(value)) return flat;
  const items = Object.entries(value).flatMap(([key, item]) =>
    item === undefined ? [] : [`${inner}${JSON.stringify(key)}: ${laidOut(item, depth + 1, inner)}`],
  );
  return items.length === 0 ? '{}' : `{\n${items.join(',\n')}\n${indent}}`;
}
