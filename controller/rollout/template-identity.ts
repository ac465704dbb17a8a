/**
 * When two pod templates mean the same: what the API server adds by default, and what controllers put into a ReplicaSet's
 * template for themselves, does not count. So a ReplicaSet that was named by another hash is found again.
 */

import { isJsonObject, type Json, type JsonObject, objectIn, textAt } from '../../crds/schema/json.ts';
import type { Keys } from '../../crds/schema/keys.ts';
import { canonicalJson, podTemplateJson } from './pod-hash-json.ts';

/**
 * A text that is equal for templates that mean the same (argo-rollouts.md 2.1, third way). `added` is the text of the
 * ephemeral-metadata annotation of the ReplicaSet, '' without one. Total: nonsense gives a text, too.
 */
export function templateIdentity(template: JsonObject, keys: Keys, added = ''): string {
  const { metadata, spec } = template;
  return podTemplateJson({
    metadata: ownMetadata(objectIn(metadata), keys, added),
    spec: podSpec(objectIn(spec), keys.podTemplateHash),
  });
}

type Defaults = Readonly<Record<string, Json | undefined>>;

/** Without the fields that say what holds anyway. */
function without(value: JsonObject, defaults: Defaults): JsonObject {
  const kept = Object.entries(value).filter(([key, field = null]) => {
    const known = defaults[key];
    return known === undefined || canonicalJson(known) !== canonicalJson(field);
  });
  return Object.fromEntries(kept);
}

function within(object: JsonObject, key: string, change: (value: JsonObject) => JsonObject): JsonObject {
  const value = object[key];
  return isJsonObject(value) ? { ...object, [key]: change(value) } : object;
}

function each(object: JsonObject, key: string, change: (value: JsonObject) => JsonObject): JsonObject {
  const list = object[key];
  if (!Array.isArray(list)) return object;
  return { ...object, [key]: list.map((item: Json) => change(objectIn(item))) };
}

const hashLabels: readonly string[] = ['pod-template-hash'];

function ownMetadata(metadata: JsonObject, keys: Keys, added: string): JsonObject {
  const extra = parsed(added);
  const names = (list: 'labels' | 'annotations') => Object.keys(objectIn(extra[list]));
  const drop = (texts: Json | undefined, gone: readonly string[]): JsonObject =>
    Object.fromEntries(Object.entries(objectIn(texts)).filter(([key]) => !gone.includes(key)));
  return {
    labels: drop(metadata.labels, [keys.podTemplateHash, ...hashLabels, ...names('labels')]),
    annotations: drop(metadata.annotations, [keys.ephemeralMetadata, ...names('annotations')]),
  };
}

/** What is no JSON says nothing. */
function parsed(text: string): JsonObject {
  if (text === '') return {};
  try {
    return objectIn(JSON.parse(text));
  } catch {
    return {};
  }
}

const specDefaults: Defaults = {
  restartPolicy: 'Always',
  dnsPolicy: 'ClusterFirst',
  terminationGracePeriodSeconds: 30,
  schedulerName: 'default-scheduler',
  securityContext: {},
  enableServiceLinks: true,
};

function podSpec(spec: JsonObject, hashKey: string): JsonObject {
  // The older name of serviceAccountName, which the API server fills in.
  const { serviceAccount: _older, ...rest } = spec;
  const named = rest.serviceAccountName ?? spec.serviceAccount;
  let own = without(rest, specDefaults);
  if (named !== undefined) own = { ...own, serviceAccountName: named };
  const isHostNetwork = spec.hostNetwork === true;
  for (const list of ['containers', 'initContainers'])
    own = each(own, list, (container) => containerOf(container, isHostNetwork));
  own = each(own, 'volumes', volume);
  return withoutInjected(own, hashKey);
}

const containerDefaults: Defaults = {
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
  resources: {},
};

function containerOf(container: JsonObject, isHostNetwork: boolean): JsonObject {
  const pull = { imagePullPolicy: defaultPullPolicy(textAt(container, 'image')) };
  let own = without(container, { ...containerDefaults, ...pull });
  own = each(own, 'ports', (port) => {
    const host: Defaults = isHostNetwork ? { hostPort: port.containerPort } : {};
    return without(port, { protocol: 'TCP', ...host });
  });
  own = each(own, 'env', (entry) =>
    within(entry, 'valueFrom', (from) => within(from, 'fieldRef', (ref) => without(ref, { apiVersion: 'v1' }))),
  );
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) own = within(own, name, probe);
  own = within(own, 'lifecycle', (hooks) => within(within(hooks, 'postStart', handler), 'preStop', handler));
  return within(own, 'resources', requestsOf);
}

/** A request that is not given equals the limit. */
function requestsOf(resources: JsonObject): JsonObject {
  const own = within(resources, 'requests', (requests) => without(requests, objectIn(resources.limits)));
  return without(own, { requests: {} });
}

function defaultPullPolicy(image: string): string {
  const name = image.slice(image.lastIndexOf('/') + 1);
  const hasTag = image.includes('@') || name.includes(':');
  return !hasTag || name.endsWith(':latest') ? 'Always' : 'IfNotPresent';
}

const probeDefaults: Defaults = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };

function probe(value: JsonObject): JsonObject {
  return handler(within(without(value, probeDefaults), 'grpc', (grpc) => without(grpc, { service: '' })));
}

function handler(value: JsonObject): JsonObject {
  return within(value, 'httpGet', (get) => without(get, { scheme: 'HTTP', path: '/' }));
}

const modeDefault: Defaults = { defaultMode: 420 };

function volume(value: JsonObject): JsonObject {
  let own = value;
  for (const kind of ['configMap', 'secret', 'downwardAPI', 'projected'])
    own = within(own, kind, (source) => without(source, modeDefault));
  own = within(own, 'downwardAPI', fieldItems);
  own = within(own, 'projected', (source) =>
    each(source, 'sources', (one) =>
      within(within(one, 'downwardAPI', fieldItems), 'serviceAccountToken', (token) =>
        without(token, { expirationSeconds: 3600 }),
      ),
    ),
  );
  own = within(own, 'hostPath', (source) => without(source, { type: '' }));
  return within(own, 'ephemeral', (source) =>
    within(source, 'volumeClaimTemplate', (claim) =>
      within(claim, 'spec', (spec) => without(spec, { volumeMode: 'Filesystem' })),
    ),
  );
}

function fieldItems(source: JsonObject): JsonObject {
  return each(source, 'items', (item) => within(item, 'fieldRef', (ref) => without(ref, { apiVersion: 'v1' })));
}

const affinityLists = [
  'requiredDuringSchedulingIgnoredDuringExecution',
  'preferredDuringSchedulingIgnoredDuringExecution',
] as const;

/** Terms about the pod template hash are the controller's own antiAffinity. */
function withoutInjected(spec: JsonObject, hashKey: string): JsonObject {
  const own = within(spec, 'affinity', (affinity) => {
    const rest = within(affinity, 'podAntiAffinity', (rules) => {
      const lists = affinityLists.flatMap((name) => {
        const list = rules[name];
        const kept = Array.isArray(list) ? list.filter((term: Json) => !JSON.stringify(term).includes(hashKey)) : [];
        return kept.length === 0 ? [] : [[name, kept] as const];
      });
      return Object.fromEntries(lists);
    });
    return without(rest, { podAntiAffinity: {} });
  });
  return without(own, { affinity: {} });
}
