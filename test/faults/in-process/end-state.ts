/**
 * What a run leaves behind, in words that mean the same in every run: each field of each object under the object's role, each
 * value with its hashes, ids and times replaced. Two undisturbed runs show what differs anyway; the rest must be equal.
 */

import type { Json, JsonObject } from '../../../crds/schema/json.ts';
import type { ClusterState } from './cluster-state.ts';
import { listAt, textAt } from './cluster-state.ts';
import type { ScenarioName } from '../plan/plan.ts';
import { roles } from '../plan/roles.ts';
import { isRevert } from './stories.ts';

/** Value by `Kind role path`. */
export type EndState = ReadonlyMap<string, string>;

const kinds: Readonly<Record<string, string>> = {
  Rollout: 'rollouts',
  ReplicaSet: 'replicasets',
  Service: 'services',
  HTTPRoute: 'httproutes',
  ConfigMap: 'configmaps',
  AnalysisTemplate: 'analysistemplates',
  AnalysisRun: 'analysisruns',
  GitSync: 'gitsyncs',
  Release: 'releases',
  GitRevert: 'gitreverts',
  RolloutRun: 'rolloutruns',
};

/** What the branch holds, newest first: a tree's id stands for all its files as well as they do themselves. */
export interface Branch {
  log(): readonly { readonly message: string; readonly files: JsonObject }[];
}

/** `rename` gives ids that differ from run to run a name that does not. */
export function endState(
  state: ClusterState,
  git: Branch,
  rename: (text: string) => string = (text) => text,
): EndState {
  const found = new Map<string, string>();
  const names = roles();
  for (const [kind, plural] of Object.entries(kinds)) {
    for (const object of state.list(kind).filter((one) => textAt(one, 'metadata.namespace') === 'shop')) {
      const role = names.name(plural, textAt(object, 'metadata.name'));
      flatten(`${kind} ${role}`, meaningOf(object), found, rename);
      for (const [what, value] of gistOf(kind, object)) found.set(`${kind} ${role} ${what}`, value);
    }
  }
  for (const pod of state.list('Pod')) {
    const key = `Pod of ${names.name('replicasets', textAt(pod, 'metadata.name').replace(/-[^-]*$/, ''))} count`;
    found.set(key, String(Number(found.get(key) ?? 0) + 1));
  }
  git.log().forEach((commit, index) => {
    const which = `commit ${git.log().length - index}`;
    found.set(which, isRevert(commit.message) ? 'revert' : commit.message);
    flatten(`${which} files`, commit.files, found, rename);
  });
  return found;
}

/** What must be as in an undisturbed run of a record whose details may differ. */
function gistOf(kind: string, object: JsonObject): readonly (readonly [string, string])[] {
  if (kind === 'AnalysisRun') {
    const phase = textAt(object, 'status.phase');
    return unfinished.has(phase) ? [['unfinished', phase === '' ? 'no phase' : phase]] : [];
  }
  if (kind !== 'RolloutRun') return [];
  const reasons = new Set(listAt(object, 'status.entries').map((one) => textAt(one, 'reason')));
  return [
    ['cause', textAt(object, 'status.outcome.cause')],
    ...[...reasons].map((reason) => [`entry ${reason}`, 'told'] as const),
  ];
}

const unfinished: ReadonlySet<string> = new Set(['', 'Pending', 'Running']);

/** Commits by their place on the branch: whose commit a revert takes back stays apart from the others. */
export function commitNames(log: readonly { readonly id: string }[]): (text: string) => string {
  const names = new Map(log.toReversed().map(({ id }, index) => [id, `commit${index + 1}`]));
  return (text) => text.replace(longId, (id) => names.get(id) ?? id);
}

function meaningOf(object: JsonObject): JsonObject {
  const { metadata, apiVersion: _version, kind: _kind, ...rest } = object;
  const { labels, annotations, finalizers } = metadata as JsonObject;
  return { ...rest, metadata: { labels: labels ?? {}, annotations: annotations ?? {}, finalizers: finalizers ?? [] } };
}

function flatten(prefix: string, value: Json, found: Map<string, string>, rename: (text: string) => string): void {
  if (Array.isArray(value))
    value.forEach((one, index) => flatten(`${prefix}.${labelOf(one, index)}`, one, found, rename));
  else if (typeof value === 'object' && value !== null) {
    for (const [key, one] of Object.entries(value))
      if (one !== undefined) flatten(`${prefix}.${key}`, one, found, rename);
  } else found.set(prefix, sayOf(typeof value === 'string' ? rename(value) : value));
}

/** Conditions and the like by their name, so that their order does not matter. */
function labelOf(value: Json, index: number): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return String(index);
  const { type, kind, name } = value as JsonObject;
  if (typeof type === 'string') return type;
  if (typeof name !== 'string' || /[0-9a-f]{7}/.test(name)) return String(index);
  return typeof kind === 'string' ? `${kind} ${name}` : name;
}

const time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;
const longId =
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{64}\b|\b[0-9a-f]{40}\b|\b[0-9a-f]{32}\b/g;

function sayOf(value: Json): string {
  return typeof value === 'string' ? value.replace(time, '<time>').replace(longId, '<id>') : JSON.stringify(value);
}

export interface Expected {
  readonly state: EndState;
  /** Keys whose value two undisturbed runs do not agree on. */
  readonly differing: ReadonlySet<string>;
}

export function expectedOf(first: EndState, second: EndState): Expected {
  const keys = new Set([...first.keys(), ...second.keys()]);
  return { state: first, differing: new Set([...keys].filter((key) => first.get(key) !== second.get(key))) };
}

/**
 * What a disturbed run may leave behind differently: the story that the records tell, and what another process or another
 * actor put there. Each with the reason.
 */
const explained: readonly RegExp[] = [
  // A new leader's mark, and the mark of the actor who gets in the way.
  /metadata\.annotations\.(?:tidegate\.io\/term|example\.com\/touched)$/,
  // Which release wrote an object last whose content is the same in both.
  /metadata\.annotations\.tidegate\.io\/(?:release|commit)$/,
  // How long old pods were kept, on ReplicaSets that have none any more.
  /^ReplicaSet \S+\.metadata\.annotations\.tidegate\.io\/scale-down-deadline$/,
  // How often a spec was written on the way.
  /\.observedGeneration$/,
  // The record tells what happened on the way, which is what the fault changed.
  /^RolloutRun \S+\.status\.(?:entries|outcome)\b/,
  // A record ends when its revision is healthy: a Service that changes hands just then is told in it or comes too late for it.
  /^RolloutRun \S+ entry SwitchService$/,
  // A pause by time that was over before a verdict that came late.
  /^RolloutRun \S+ entry RolloutResumed$/,
  // A check that was looked at before its first reading came.
  /^RolloutRun \S+ entry AnalysisRunPending$/,
  // An analysis that ends between two looks is never seen at work.
  /^RolloutRun \S+ entry AnalysisRun(?:Pending|Running)$/,
  // Readings that were lost are taken again: how many there were and when is not the end.
  /^AnalysisRun /,
  // A release may fail before it is on record that all of it was applied.
  /^Release \S+\.status\.appliedAt$/,
  // How often a push was tried.
  /^GitRevert \S+\.status\.(?:attempts|message|tip)\b/,
  /\.(?:message|lastTransitionTime|lastUpdateTime|at|since|startedAt|finishedAt)$/,
];

/** What only one scenario may leave behind differently. */
const explainedIn: Partial<Readonly<Record<ScenarioName, readonly RegExp[]>>> = {
  // Whether the rollout had come to its pause when the command came.
  'aborted-by-command': [/^Rollout shop\.status\.conditions\.Paused\./],
  // Whether the other Rollout was promoted already when the first one failed decides how it goes back: by a command or by its template.
  'two-rollouts': [
    /^Rollout other\.(?:status\.(?:runName|failedPodHash|lastCommand)|metadata\.annotations\.tidegate\.io\/(?:command|revision))/,
    /^ReplicaSet other-rev(?:2|1\.(?:metadata|status))/,
    /^RolloutRun other-/,
  ],
};

/** An entry is written after the deed, and a crash between the two loses it; but none tells of what no undisturbed run does. */
const mayBeLost = /^RolloutRun \S+ entry /;

/** One line per field that differs and is not explained. */
export function differences(expected: Expected, actual: EndState, scenario?: ScenarioName): readonly string[] {
  const known = [...explained, ...(scenario === undefined ? [] : (explainedIn[scenario] ?? []))];
  const keys = new Set([...expected.state.keys(), ...actual.keys()]);
  return [...keys]
    .filter((key) => expected.state.get(key) !== actual.get(key))
    .filter((key) => actual.has(key) || !mayBeLost.test(key))
    .filter((key) => !expected.differing.has(key) && !known.some((pattern) => pattern.test(key)))
    .map(
      (key) =>
        `${key}: ${expected.state.get(key) ?? 'absent'} in an undisturbed run, ${actual.get(key) ?? 'absent'} here`,
    );
}
