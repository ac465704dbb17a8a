/** The row of a pod: how many containers are ready, the one word for its state, restarts. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import { nameOf, numberAt, objectAt, objectsAt, stringAt, valueAt } from '../json-access.ts';
import type { Cell } from '../served-kind.ts';
import { ageOf } from './age.ts';

export function podCells(pod: JsonObject, now: number): readonly Cell[] {
  const containers = objectsAt(pod, 'spec', 'containers');
  const statuses = objectsAt(pod, 'status', 'containerStatuses');
  const ready = statuses.filter((one) => one.ready === true && valueAt(one, 'state', 'running') !== undefined).length;
  const gates = objectsAt(pod, 'spec', 'readinessGates');
  return [
    `${ready}/${containers.length}`,
    podState(pod),
    restarts(pod, now),
    ageOf(stringAt(pod, 'metadata', 'creationTimestamp'), now),
    orNone(stringAt(objectsAt(pod, 'status', 'podIPs')[0], 'ip') || stringAt(pod, 'status', 'podIP')),
    orNone(stringAt(pod, 'spec', 'nodeName')),
    orNone(stringAt(pod, 'status', 'nominatedNodeName')),
    gates.length === 0
      ? '<none>'
      : `${gates.filter((gate) => hasCondition(pod, stringAt(gate, 'conditionType'))).length}/${gates.length}`,
  ];
}

export function orNone(text: string): string {
  return text === '' ? '<none>' : text;
}

function hasCondition(object: JsonObject, type: string): boolean {
  return objectsAt(object, 'status', 'conditions').some((one) => one.type === type && one.status === 'True');
}

/** The most telling word: of the init containers while they run, then of the last container that has something to say. */
function podState(pod: JsonObject): string {
  const phase = stringAt(pod, 'status', 'phase');
  const reason = stringAt(pod, 'status', 'reason');
  if (objectAt(pod, 'metadata').deletionTimestamp !== undefined) {
    if (reason === 'NodeLost') return 'Unknown';
    if (phase !== 'Succeeded' && phase !== 'Failed') return 'Terminating';
  }
  const gated = objectsAt(pod, 'status', 'conditions').some(
    (one) => one.type === 'PodScheduled' && one.reason === 'SchedulingGated',
  );
  const initial = gated ? 'SchedulingGated' : reason || phase;
  const initializing = hasCondition(pod, 'Initialized') ? undefined : initState(pod);
  return initializing ?? containerState(pod, initial);
}

function initState(pod: JsonObject): string | undefined {
  const total = objectsAt(pod, 'spec', 'initContainers').length;
  for (const [index, status] of objectsAt(pod, 'status', 'initContainerStatuses').entries()) {
    const terminated = objectAt(status, 'state').terminated;
    if (numberAt(terminated, 'exitCode') === 0) continue;
    if (terminated !== undefined) return `Init:${endWords(terminated)}`;
    const waiting = stringAt(status, 'state', 'waiting', 'reason');
    return waiting !== '' && waiting !== 'PodInitializing' ? `Init:${waiting}` : `Init:${index}/${total}`;
  }
  return undefined;
}

function endWords(terminated: JsonObject[string]): string {
  const reason = stringAt(terminated, 'reason');
  if (reason !== '') return reason;
  const signal = numberAt(terminated, 'signal') ?? 0;
  return signal !== 0 ? `Signal:${signal}` : `ExitCode:${numberAt(terminated, 'exitCode') ?? 0}`;
}

function containerState(pod: JsonObject, initial: string): string {
  let state = initial;
  let running = false;
  for (const status of objectsAt(pod, 'status', 'containerStatuses').toReversed()) {
    const { terminated } = objectAt(status, 'state');
    const waiting = stringAt(status, 'state', 'waiting', 'reason');
    if (waiting !== '') state = waiting;
    else if (terminated !== undefined) state = endWords(terminated);
    else if (status.ready === true && objectAt(status, 'state').running !== undefined) running = true;
  }
  if (state !== 'Completed' || !running) return state;
  return hasCondition(pod, 'Ready') ? 'Running' : 'NotReady';
}

function restarts(pod: JsonObject, now: number): string {
  const statuses = objectsAt(pod, 'status', 'containerStatuses');
  const count = statuses.reduce((sum, status) => sum + (numberAt(status, 'restartCount') ?? 0), 0);
  const ends = statuses
    .map((status) => stringAt(status, 'lastState', 'terminated', 'finishedAt'))
    .filter((at) => at !== '');
  const last = ends.toSorted().at(-1);
  return count === 0 || last === undefined ? String(count) : `${count} (${ageOf(last, now)} ago)`;
}

/** Tells kubectl which rows are about pods that have ended. */
export function podRowConditions(pod: JsonObject): readonly JsonObject[] {
  const phase = stringAt(pod, 'status', 'phase');
  const how = phase === 'Succeeded' ? 'successfully' : phase === 'Failed' ? 'failed' : '';
  if (how === '' || nameOf(pod) === '') return [];
  const message = phase === 'Succeeded' ? 'The pod has completed successfully.' : 'The pod failed.';
  return [{ type: 'Completed', status: 'True', reason: phase, message }];
}
