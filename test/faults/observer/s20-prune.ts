/**
 * S20: prune deletes only objects of the inventory with the recorded uid; nothing that stable still uses goes before the candidate
 * is good; what could not be deleted stays in the inventory.
 *
 * Counted: own deletes (also those that only begin one, because of finalizers) of objects that no Rollout or GitSync controls and
 * that are no RolloutRun, and own writes of a GitSync's inventory. While a release is under way (status.candidate) only a pending
 * restore or the deletion of the GitSync may delete, the latter with deletionPolicy prune only; and nothing is pruned while the
 * GitSync says that its commit can't be rendered, nor by a release without objects. Used by stable: the Services and routes that a Rollout names, the Rollout
 * itself unless it left the inventory's release, and ConfigMaps and Secrets that the pod template of a ReplicaSet refers to which
 * is stable, current or has pods. Copies of config (label config-copy-of) are in no inventory and may go when no ReplicaSet uses
 * them. An entry may leave the inventory when its object is gone, is another one (uid), or belongs to another GitSync.
 */

import { gunzipSync } from 'node:zlib';
import type { JsonObject } from '../../../crds/schema/json.ts';
import type { Commit } from '../../../sandbox/api-server/contract.ts';
import type { Cluster } from './cluster.ts';
import type { Invariant, Say, Step } from './invariant.ts';
import { labelOf, listOf, numberOf, ownerUidOf, textOf, valueAt } from './read-json.ts';
import { configNames } from './config-names.ts';
import { keys, uidOf } from './rollout-view.ts';
import { routesOf } from './routes.ts';

export const s20: Invariant = {
  id: 'S20',
  begin: () => ({
    commit(step, say) {
      if (!step.isOwn) return;
      if (beginsDeletion(step.commit)) checkDelete(step, say);
      if (step.commit.kind === 'GitSync') checkInventory(step, say);
    },
  }),
};

function beginsDeletion({ before, after }: Commit): boolean {
  if (before === undefined) return false;
  const leaves = (object: JsonObject) => valueAt(object, 'metadata', 'deletionTimestamp') !== undefined;
  return after === undefined ? !leaves(before) : leaves(after) && !leaves(before);
}

function checkDelete({ commit, cluster }: Step, say: Say): void {
  const { before, kind, namespace, name } = commit;
  if (before === undefined || kind === 'RolloutRun' || ownerUidOf(before) !== undefined) return;
  const text = `${kind} ${namespace}/${name}`;
  const user = userOf(commit, cluster);
  if (user !== undefined) say(`${text} was deleted, but ${user} still uses it`);
  if (labelOf(before, keys.configCopyOf) !== undefined) return;
  const sync = cluster.list('GitSync').find((one) => uidOf(one) === labelOf(before, keys.gitSync));
  const entry = listOf(sync, 'status', 'inventory').find((one) => isEntryOf(one, commit));
  if (sync === undefined || entry === undefined) return say(`${text} was deleted, but is in no inventory`);
  const uid = textOf(entry, 'uid');
  if (uid !== undefined && uid !== uidOf(before)) say(`${text} was deleted, but is not the object of the inventory`);
  const why = whyNot(sync, cluster);
  if (why !== undefined) say(`${text} was deleted ${why}`);
}

function isEntryOf(entry: JsonObject, { group, version, kind, namespace, name }: Commit): boolean {
  const apiVersion = group === '' ? version : `${group}/${version}`;
  const isSameGroup = groupOf(textOf(entry, 'apiVersion')) === groupOf(apiVersion);
  return (
    isSameGroup && entry['kind'] === kind && entry['name'] === name && (textOf(entry, 'namespace') ?? '') === namespace
  );
}

function groupOf(apiVersion: string | undefined): string {
  return apiVersion?.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}

/** Undefined when the GitSync may delete what is in its inventory. */
function whyNot(sync: JsonObject, cluster: Cluster): string | undefined {
  const isLeaving = valueAt(sync, 'metadata', 'deletionTimestamp') !== undefined;
  if (isLeaving) return isOrphaning(sync) ? 'by a GitSync that leaves its objects where they are' : undefined;
  if (textOf(sync, 'status', 'restore', 'phase') === 'Pending') return undefined;
  if (valueAt(sync, 'status', 'candidate') !== undefined) return 'while a release is under way';
  const isUnreadable = listOf(sync, 'status', 'conditions').some(
    (one) => one['type'] === 'GitInSync' && one['reason'] === 'RenderFailed',
  );
  if (isUnreadable) return 'while the commit of its GitSync can not be rendered';
  const release = textOf(sync, 'status', 'lastGood', 'release') ?? '';
  const good = cluster.get('Release', textOf(sync, 'metadata', 'namespace') ?? '', release);
  return isEmpty(good) ? `by release ${release}, which has no objects` : undefined;
}

/** By default objects stay when their GitSync goes. */
function isOrphaning(sync: JsonObject): boolean {
  return textOf(sync, 'spec', 'deletionPolicy') !== 'prune';
}

/** Objects stand in the Release as a JSON list, gzip, base64. One that was trimmed tells nothing. */
function isEmpty(release: JsonObject | undefined): boolean {
  const data = textOf(release, 'spec', 'data');
  if (data === undefined || (numberOf(release, 'spec', 'parts') ?? 1) > 1) return false;
  return gunzipSync(Buffer.from(data, 'base64')).toString('utf8').trim() === '[]';
}

/** Who needs the object of the commit; undefined when nobody does. */
function userOf({ kind, namespace, name, before }: Commit, cluster: Cluster): string | undefined {
  for (const rollout of cluster.list('Rollout', namespace)) {
    if (valueAt(rollout, 'metadata', 'deletionTimestamp') !== undefined || uidOf(rollout) === uidOf(before)) continue;
    const text = `Rollout ${namespace}/${textOf(rollout, 'metadata', 'name') ?? ''}`;
    const canary = valueAt(rollout, 'spec', 'strategy', 'canary');
    const services = [textOf(canary, 'stableService'), textOf(canary, 'canaryService')];
    if (kind === 'Service' && services.includes(name)) return text;
    if (kind === 'HTTPRoute' && routesOf(rollout, cluster)?.names.includes(name) === true) return text;
    if (kind !== 'ConfigMap' && kind !== 'Secret') continue;
    const set = cluster
      .list('ReplicaSet', namespace)
      .find((one) => isInUse(one, rollout) && configNames(one, kind).has(name));
    if (set !== undefined) return `ReplicaSet ${namespace}/${textOf(set, 'metadata', 'name') ?? ''}`;
  }
  return undefined;
}

function isInUse(set: JsonObject, rollout: JsonObject): boolean {
  if (ownerUidOf(set) !== uidOf(rollout)) return false;
  const hash = labelOf(set, keys.podTemplateHash);
  const hasPods = (numberOf(set, 'spec', 'replicas') ?? 1) > 0 || (numberOf(set, 'status', 'replicas') ?? 0) > 0;
  return (
    hasPods || hash === textOf(rollout, 'status', 'stableRS') || hash === textOf(rollout, 'status', 'currentPodHash')
  );
}

function checkInventory({ commit, cluster }: Step, say: Say): void {
  const left = listOf(commit.after, 'status', 'inventory');
  for (const entry of listOf(commit.before, 'status', 'inventory')) {
    if (left.some((one) => isSameEntry(one, entry))) continue;
    const [kind, name] = [textOf(entry, 'kind') ?? '', textOf(entry, 'name') ?? ''];
    const live = cluster.get(kind, textOf(entry, 'namespace') ?? '', name);
    const uid = textOf(entry, 'uid');
    if (live === undefined || (uid !== undefined && uidOf(live) !== uid)) continue;
    if (labelOf(live, keys.gitSync) !== uidOf(commit.after)) continue;
    say(`${kind} ${name} left the inventory of GitSync ${commit.namespace}/${commit.name}, but is still there`);
  }
}

function isSameEntry(one: JsonObject, other: JsonObject): boolean {
  return ['kind', 'name', 'namespace'].every((field) => one[field] === other[field]);
}
