/** The defaults of pods and pod templates. */

import { isJsonObject, type JsonObject, textAt } from '../../../crds/schema/json.ts';
import { at, each, fill } from './fill.ts';

/** `spec` of a pod or of a pod template. */
export function podSpecDefaults(spec: JsonObject): JsonObject {
  let filled = fill(spec, {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
    // The old name of the field is always written beside the new one.
    serviceAccount: spec['serviceAccountName'],
    serviceAccountName: spec['serviceAccount'],
  });
  filled = each(filled, 'containers', (one) => containerDefaults(one, filled));
  filled = each(filled, 'initContainers', (one) => containerDefaults(one, filled));
  return each(filled, 'volumes', volumeDefaults);
}

/** What only pods get, not their templates. */
export function podDefaults(pod: JsonObject): JsonObject {
  return at(pod, 'spec', (spec) => {
    const filled = fill(podSpecDefaults(spec), { enableServiceLinks: true });
    return each(each(filled, 'containers', requestsFromLimits), 'initContainers', requestsFromLimits);
  });
}

function requestsFromLimits(container: JsonObject): JsonObject {
  return at(container, 'resources', (resources) => {
    const { limits, requests } = resources;
    if (!isJsonObject(limits)) return resources;
    const filled = fill(isJsonObject(requests) ? requests : {}, limits);
    return filled === requests ? resources : { ...resources, requests: filled };
  });
}

function containerDefaults(container: JsonObject, spec: JsonObject): JsonObject {
  let filled = fill(container, {
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: pullPolicy(textAt(container, 'image')),
  });
  filled = each(filled, 'ports', (port) =>
    fill(port, { protocol: 'TCP', ...(spec['hostNetwork'] === true ? { hostPort: port['containerPort'] } : {}) }),
  );
  filled = each(filled, 'env', (env) =>
    at(env, 'valueFrom', (from) => at(from, 'fieldRef', (ref) => fill(ref, { apiVersion: 'v1' }))),
  );
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) filled = at(filled, probe, probeDefaults);
  return at(filled, 'lifecycle', (hooks) => at(at(hooks, 'postStart', handlerDefaults), 'preStop', handlerDefaults));
}

function pullPolicy(image: string): string {
  const name = image.slice(image.lastIndexOf('/') + 1);
  if (name.includes('@')) return 'IfNotPresent';
  return !name.includes(':') || name.endsWith(':latest') ? 'Always' : 'IfNotPresent';
}

function probeDefaults(probe: JsonObject): JsonObject {
  return fill(handlerDefaults(probe), {
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
  });
}

function handlerDefaults(handler: JsonObject): JsonObject {
  const filled = at(handler, 'httpGet', (get) => fill(get, { path: '/', scheme: 'HTTP' }));
  return at(filled, 'grpc', (grpc) => fill(grpc, { service: '' }));
}

const modes = { configMap: 'defaultMode', secret: 'defaultMode', downwardAPI: 'defaultMode', projected: 'defaultMode' };

function volumeDefaults(volume: JsonObject): JsonObject {
  if (Object.keys(volume).every((key) => key === 'name')) return { ...volume, emptyDir: {} };
  let filled = volume;
  for (const [source, field] of Object.entries(modes))
    filled = at(filled, source, (one) => fill(one, { [field]: 420 }));
  filled = at(filled, 'hostPath', (path) => fill(path, { type: '' }));
  filled = at(filled, 'downwardAPI', downwardDefaults);
  return at(filled, 'projected', (projected) =>
    each(projected, 'sources', (source) =>
      at(
        at(source, 'serviceAccountToken', (token) => fill(token, { expirationSeconds: 3600 })),
        'downwardAPI',
        downwardDefaults,
      ),
    ),
  );
}

function downwardDefaults(source: JsonObject): JsonObject {
  return each(source, 'items', (item) => at(item, 'fieldRef', (ref) => fill(ref, { apiVersion: 'v1' })));
}
