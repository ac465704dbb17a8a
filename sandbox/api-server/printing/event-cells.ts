/** The row of an event, in either of its two forms. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import { eventToStorage } from '../event-versions.ts';
import { nameOf, numberAt, stringAt, valueAt } from '../json-access.ts';
import type { Cell } from '../served-kind.ts';
import { ageOf } from './age.ts';

export function eventCells(given: JsonObject, now: number): readonly Cell[] {
  const event = given.apiVersion === 'v1' ? given : eventToStorage(given);
  const series = valueAt(event, 'series');
  const first = ageOf(stringAt(event, 'firstTimestamp') || stringAt(event, 'eventTime'), now);
  const lastTimestamp = stringAt(event, 'lastTimestamp');
  const seen = lastTimestamp === '' ? first : ageOf(lastTimestamp, now);
  const last = series === undefined ? seen : ageOf(stringAt(series, 'lastObservedTime'), now);
  const count = series === undefined ? (numberAt(event, 'count') ?? 0) || 1 : (numberAt(series, 'count') ?? 0);
  const kind = stringAt(event, 'involvedObject', 'kind').toLowerCase();
  const name = stringAt(event, 'involvedObject', 'name');
  return [
    last,
    stringAt(event, 'type'),
    stringAt(event, 'reason'),
    name === '' ? kind : `${kind}/${name}`,
    stringAt(event, 'involvedObject', 'fieldPath'),
    sourceOf(event),
    stringAt(event, 'message').trim(),
    first,
    count,
    nameOf(event),
  ];
}

function sourceOf(event: JsonObject): string {
  const component = stringAt(event, 'source', 'component') || stringAt(event, 'reportingComponent');
  const instance = stringAt(event, 'source', 'host') || stringAt(event, 'reportingInstance');
  return instance === '' ? component : `${component}, ${instance}`;
}
