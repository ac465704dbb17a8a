/**
 * S15: no write that changes nothing, and no object alternates A, B, A by the controller's writes without a cause.
 *
 * Counted:
 * - requests of the controller that are merge patches with the version that is stored and change nothing in it (such a request
 *   leaves no commit), dry runs, Leases and Events left out;
 * - from the third on, applies of the controller that say what stands there and what it owns already, with no commit to the object
 *   in between;
 * - own commits that differ from before in `lastUpdateTime` and `lastTransitionTime` only;
 * - own values of route weights, Service selectors and ReplicaSet sizes that come back under one and the same intent of the
 *   Rollout (revision, step, attempt, transition, generation, pauses, and what the Services select), unless somebody else changed
 *   that value in between;
 * - statuses of a Rollout that come back while nobody but the controller wrote anything at all and no metric answered anew; under
 *   the first of these conditions the content of all other objects, and their statuses when they come back for the second time.
 */

import { isJsonObject, type Json, type JsonObject } from '../../../crds/schema/json.ts';
import type { Commit } from '../../../sandbox/api-server/contract.ts';
import type { Check, Invariant, Moment, RolloutStep, Say } from './invariant.ts';
import { canonical, isSameJson, numberOf, textOf, valueAt } from './read-json.ts';
import { bodyOf, type RequestSeen, targetOf } from './request-seen.ts';
import { keys, type RolloutView } from './rollout-view.ts';
import { applyCounter } from './s15-applies.ts';
import { content, contentTrails, plain } from './s15-content.ts';

export const s15: Invariant = { id: 'S15', begin };

/** Own values of one thing, oldest first, under one intent. */
interface Trail {
  readonly intent: string;
  readonly values: readonly string[];
}

function begin(): Check {
  const trails = new Map<string, Trail>();
  const statuses = new Map<string, string[]>();
  const contents = contentTrails();
  const countApply = applyCounter();
  return {
    request(request, moment, say) {
      checkRequest(request, moment, say);
      countApply(request, moment, say);
    },
    git: () => contents.forget(),
    commit({ commit, isOwn, rollouts }, say) {
      if (isExempt(commit.kind)) return;
      if (isOwn) {
        checkTimesOnly(commit, say);
        contents.follow(commit, say);
        if (isReading(commit)) statuses.clear();
      } else {
        statuses.clear();
        contents.forget();
      }
      for (const step of rollouts) {
        for (const thing of decidedIn(commit, step)) followTrail(trails, thing, isOwn, say);
        if (isOwn && commit.kind === 'Rollout') followStatus(statuses, step, commit, say);
      }
    },
  };
}

/** What a metric answered comes from outside, though the controller writes it down. */
function isReading({ kind, before, after }: Commit): boolean {
  const results = (object: JsonObject | undefined) => canonical(plain(valueAt(object, 'status', 'metricResults')));
  return kind === 'AnalysisRun' && results(before) !== results(after);
}

function isExempt(kind: string): boolean {
  return kind === 'Lease' || kind === 'Event';
}

function checkRequest(request: RequestSeen, { cluster }: Moment, say: Say): void {
  const target = targetOf(request.path);
  const isMerge = request.method === 'PATCH' && request.contentType.startsWith('application/merge-patch+json');
  if (!isMerge || target === undefined || target.isDryRun) return;
  if (target.resource === 'leases' || target.resource === 'events') return;
  const stored = cluster.byResource(target.group, target.resource, target.namespace, target.name);
  const body = bodyOf(request);
  const version = textOf(body, 'metadata', 'resourceVersion');
  if (stored === undefined || version !== textOf(stored.object, 'metadata', 'resourceVersion')) return;
  if (!changes(stored.object, body))
    say(`a patch of ${target.resource} ${target.namespace}/${target.name} was sent that changes nothing`);
}

/** RFC 7386: null removes, objects merge, everything else replaces. */
function changes(stored: Json | undefined, patch: Json | undefined): boolean {
  if (patch === null) return stored !== undefined;
  if (!isJsonObject(patch)) return !isSameJson(stored, patch);
  if (!isJsonObject(stored)) return true;
  return Object.entries(patch).some(([key, value]) => changes(stored[key], value));
}

/** An eviction changes nothing but times: the API server writes its cause and then the time of the end. */
function checkTimesOnly({ kind, namespace, name, subresource, before, after }: Commit, say: Say): void {
  if (before === undefined || after === undefined || subresource === 'eviction') return;
  if (content(before) === content(after)) say(`${kind} ${namespace}/${name} was written without a change but of times`);
}

interface Decided {
  readonly id: string;
  readonly text: string;
  readonly intent: string;
  readonly before: string;
  readonly after: string;
}

/** What the controller decides about the object of the commit; `[]` when that is nothing, or did not change. */
function decidedIn(commit: Commit, { before, after }: RolloutStep): readonly Decided[] {
  if (before === undefined || commit.before === undefined || commit.after === undefined) return [];
  const id = `${after.uid} ${commit.kind} ${commit.name}`;
  const text = `${commit.kind} ${commit.namespace}/${commit.name}`;
  const decided = (what: string, intent: string, pick: (object: JsonObject, view: RolloutView) => Json | undefined) => {
    const [was, is] = [canonical(pick(commit.before!, before)), canonical(pick(commit.after!, after))];
    return was === is ? [] : [{ id, text: `${what} of ${text}`, intent, before: was, after: is }];
  };
  switch (commit.kind) {
    case 'ReplicaSet':
      return after.sets.get(hashOf(commit.after))?.name === commit.name
        ? decided('the size', intentOf(after, true), (set) => numberOf(set, 'spec', 'replicas'))
        : [];
    case 'Service':
      // Another Rollout's Services are decided on by that one's intent.
      return [after.stableService?.name, after.canaryService?.name].includes(commit.name)
        ? decided('the selector', intentOf(after, false), (service) =>
            textOf(service, 'spec', 'selector', keys.podTemplateHash),
          )
        : [];
    case 'HTTPRoute':
      return decided('the weights', intentOf(after, true), (_route, view) =>
        (view.routes?.rules ?? []).map((rule) => [rule.route, rule.stable ?? 1, rule.canary ?? 1]),
      );
    default:
      return [];
  }
}

function hashOf(set: JsonObject): string {
  return textOf(set, 'metadata', 'labels', keys.podTemplateHash) ?? '';
}

function intentOf(view: RolloutView, withServices: boolean): string {
  const { status, object, stableService, canaryService } = view;
  const services = withServices ? [stableService?.hash, canaryService?.hash] : [];
  return canonical([
    valueAt(object, 'metadata', 'generation') ?? null,
    ...['currentPodHash', 'stableRS', 'currentStepIndex', 'attempt', 'abortedAt', 'manualPauseStartedAt'].map(
      (field) => valueAt(status, field) ?? null,
    ),
    valueAt(status, 'transition', 'id') ?? null,
    ...services.map((one) => one ?? null),
  ]);
}

function followTrail(trails: Map<string, Trail>, thing: Decided, isOwn: boolean, say: Say): void {
  const known = trails.get(thing.id);
  if (!isOwn) return void trails.delete(thing.id);
  const values = known?.intent === thing.intent ? known.values : [thing.before];
  if (values.includes(thing.after)) say(`${thing.text} came back to ${thing.after} by own writes alone`);
  trails.set(thing.id, { intent: thing.intent, values: [...values, thing.after] });
}

function followStatus(statuses: Map<string, string[]>, { before, after }: RolloutStep, commit: Commit, say: Say): void {
  if (before === undefined || after.name !== commit.name) return;
  const [was, is] = [canonical(plain(before.status)), canonical(plain(after.status))];
  if (was === is) return;
  const known = statuses.get(after.uid) ?? [was];
  if (known.includes(is)) say(`the status of ${after.text} came back to what it was while nothing else changed`);
  statuses.set(after.uid, [...known, is]);
}
