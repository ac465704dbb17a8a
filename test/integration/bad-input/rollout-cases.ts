/** A commit with a Rollout that can't be used is held: the GitSync says why, and the release that stands goes on untouched. */

import type { BadCase } from './bad-case.ts';
import { edited } from './edit.ts';
import { goodApp, yaml } from './good-app.ts';

const canary = 'spec.strategy.canary';
const object = /Rollout [a-z0-9-]+\/web/;

function rolloutWith(edit: Readonly<Record<string, unknown>>): string {
  return yaml(edited(goodApp().rollout, edit));
}

export const rolloutCases: readonly BadCase[] = [
  {
    name: 'unknown field',
    spoil: { git: { rollout: { 'spec.replicass': 2 } } },
    says: {
      object,
      field: /spec\.replicass/,
      found: /unknown/,
      allowed: /only fields of its schema/,
      remedy: /remove it or correct its name/,
    },
  },
  {
    name: 'wrong type',
    spoil: { git: { rollout: { 'spec.replicas': 'two' } } },
    says: {
      object,
      field: /spec\.replicas\b/,
      found: /"two"/,
      allowed: /its type must be numeric/,
      remedy: /(correct|add) (it|the value) in Git/,
    },
  },
  {
    name: 'weight 101',
    spoil: { git: { rollout: { [`${canary}.steps.0.setWeight`]: 101 } } },
    says: {
      object,
      field: /steps\[0\]\.setWeight/,
      found: /is 101/,
      allowed: /a weight is 0 to 100/,
      remedy: /lower it/,
    },
  },
  {
    name: 'steps without a strategy',
    spoil: { git: { rollout: { 'spec.strategy': { steps: [{ setWeight: 20 }] } } } },
    says: {
      object,
      field: /spec\.strategy\b/,
      found: /empty/,
      allowed: /exactly one of canary and blueGreen/,
      remedy: /add one/,
    },
  },
  {
    name: 'both strategies',
    spoil: { git: { rollout: { 'spec.strategy.blueGreen': { activeService: 'web-stable' } } } },
    says: {
      object,
      field: /spec\.strategy is/,
      found: /canary and blueGreen/,
      allowed: /exactly one/,
      remedy: /remove one/,
    },
  },
  {
    name: 'one Service for active and preview',
    spoil: {
      git: {
        rollout: {
          'spec.strategy': { blueGreen: { activeService: 'web-stable', previewService: 'web-stable' } },
        },
      },
    },
    says: {
      object,
      field: /spec\.strategy\.blueGreen\.previewService/,
      found: /is "web-stable"/,
      allowed: /must differ from activeService/,
      remedy: /name another Service/,
    },
  },
  {
    name: 'a header route without a router',
    spoil: { git: { rollout: { [`${canary}.steps.1`]: { setHeaderRoute: { name: 'beta' } } } } },
    says: {
      object,
      field: /steps\[1\]\.setHeaderRoute/,
      found: /set without trafficRouting/,
      allowed: /needs a router/,
      remedy: /add trafficRouting or remove the step/,
    },
  },
  {
    name: 'a template by reference in Git',
    spoil: { git: { rollout: { 'spec.workloadRef': { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } } } },
    says: {
      object,
      field: /spec\.workloadRef/,
      found: /is set/,
      allowed: /its own pod template/,
      remedy: /move the template into spec\.template/,
    },
  },
  {
    name: 'canary scale without a router',
    spoil: { git: { rollout: { [`${canary}.steps.0`]: { setCanaryScale: { replicas: 1 } } } } },
    says: {
      object,
      field: /steps\[0\]\.setCanaryScale/,
      found: /set without trafficRouting/,
      allowed: /needs a router/,
      remedy: /add trafficRouting or remove the step/,
    },
  },
  {
    name: 'selector that does not match the labels',
    spoil: { git: { rollout: { 'spec.template.metadata.labels.app': 'api' } } },
    says: {
      object,
      field: /spec\.selector/,
      found: /app=web/,
      allowed: /must match spec\.template\.metadata\.labels, which are app=api/,
      remedy: /give the template the labels/,
    },
  },
  {
    name: 'selector that is changed',
    spoil: {
      git: {
        rollout: {
          'spec.selector.matchLabels': { app: 'web', tier: 'front' },
          'spec.template.metadata.labels': { app: 'web', tier: 'front' },
        },
      },
    },
    says: {
      object,
      field: /spec\.selector/,
      found: /tier/,
      allowed: /cannot be changed/,
      remedy: /make a new Rollout/,
    },
  },
  {
    name: 'the same Service twice',
    spoil: { git: { rollout: { [`${canary}.canaryService`]: 'web-stable' } } },
    says: {
      object,
      field: /canary\.canaryService/,
      found: /"web-stable"/,
      allowed: /must differ from stableService/,
      remedy: /name another Service/,
    },
  },
  {
    name: 'Service that does not exist',
    spoil: { git: { rollout: { [`${canary}.canaryService`]: 'web-canery' } } },
    says: {
      object,
      field: /canary\.canaryService/,
      found: /"web-canery"/,
      allowed: /no Service of that name exists/,
      remedy: /create the Service or correct the name/,
    },
  },
  {
    name: 'Service that the same commit removes',
    spoil: { files: () => ({ 'canary.yaml': null }) },
    says: {
      object,
      field: /canary\.canaryService/,
      found: /"web-canary"/,
      allowed: /no Service of that name exists/,
      remedy: /create the Service or correct the name/,
    },
  },
  {
    name: 'Service for other pods',
    spoil: { git: { canary: { 'spec.selector.app': 'api' } } },
    says: {
      object,
      field: /canary\.canaryService/,
      found: /"web-canary"/,
      allowed: /selects app=api, which .* lacks/,
      remedy: /correct the selector/,
    },
  },
  {
    name: 'route that does not exist',
    spoil: { git: { rollout: { [`${canary}.trafficRouting`]: { gatewayAPI: { httpRoutes: [{ name: 'web' }] } } } } },
    says: {
      object,
      field: /trafficRouting\.gatewayAPI\.httpRoutes\[0\]\.name/,
      found: /HTTPRoute\/web/,
      allowed: /does not exist in namespace/,
      remedy: /create it or correct the name/,
    },
  },
  {
    name: 'route that lacks the Services',
    spoil: {
      files: () => ({
        'route.yaml': JSON.stringify({
          apiVersion: 'gateway.networking.k8s.io/v1',
          kind: 'HTTPRoute',
          metadata: { name: 'web' },
          spec: { rules: [{ backendRefs: [{ name: 'web-stable', port: 80 }] }] },
        }),
        'rollout.yaml': rolloutWith({
          [`${canary}.trafficRouting`]: { gatewayAPI: { httpRoutes: [{ name: 'web' }] } },
        }),
      }),
    },
    says: {
      object,
      field: /httpRoutes\[0\]\.rule/,
      found: /no rule of HTTPRoute\/web/,
      allowed: /both Service\/web-stable and Service\/web-canary/,
      remedy: /add both/,
    },
  },
  {
    name: 'route of another namespace',
    spoil: {
      git: {
        rollout: {
          [`${canary}.trafficRouting`]: {
            plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'web', namespace: 'kube-system' } },
          },
        },
      },
    },
    says: {
      object,
      field: /plugins\["argoproj-labs\/gatewayAPI"\]\.httpRoute/,
      found: /in namespace "kube-system"/,
      allowed: /only routes of the Rollout's namespace/,
      remedy: /move the route or remove the namespace/,
    },
  },
  {
    name: 'router without Services',
    spoil: {
      git: {
        rollout: {
          [`${canary}.trafficRouting`]: { gatewayAPI: { httpRoutes: [{ name: 'web' }] } },
          [`${canary}.canaryService`]: undefined,
        },
      },
    },
    says: {
      object,
      field: /canary\.canaryService/,
      found: /unset/,
      allowed: /required with trafficRouting/,
      remedy: /name the Service/,
    },
  },
  {
    name: 'pause that is no duration',
    spoil: { git: { rollout: { [`${canary}.steps.1.pause.duration`]: '5 minutes' } } },
    says: {
      object,
      field: /steps\[1\]\.pause\.duration/,
      found: /"5 minutes"/,
      allowed: /seconds or a duration/,
      remedy: /30 or 5m/,
    },
  },
  {
    name: 'step with two actions',
    spoil: { git: { rollout: { [`${canary}.steps.0.pause`]: {} } } },
    says: {
      object,
      field: /canary\.steps\[0\]/,
      found: /setWeight and pause/,
      allowed: /exactly one action/,
      remedy: /make a step of each/,
    },
  },
  {
    name: 'no room for a new pod',
    spoil: { git: { rollout: { [`${canary}.maxSurge`]: 0, [`${canary}.maxUnavailable`]: 0 } } },
    says: {
      object,
      field: /canary\.maxUnavailable/,
      found: /is 0/,
      allowed: /must not both be 0/,
      remedy: /raise one of them/,
    },
  },
  {
    name: 'delay that needs a router',
    spoil: { git: { rollout: { [`${canary}.scaleDownDelaySeconds`]: 30 } } },
    says: {
      object,
      field: /scaleDownDelaySeconds/,
      found: /is 30/,
      allowed: /needs trafficRouting/,
      remedy: /remove it or add a router/,
    },
  },
  {
    name: 'deadline that is too short',
    spoil: { git: { rollout: { 'spec.minReadySeconds': 60, 'spec.progressDeadlineSeconds': 30 } } },
    says: {
      object,
      field: /spec\.progressDeadlineSeconds/,
      found: /is 30/,
      allowed: /greater than spec\.minReadySeconds, which is 60/,
      remedy: /raise it or lower/,
    },
  },
  {
    name: 'negative replicas',
    spoil: { git: { rollout: { 'spec.replicas': -1 } } },
    says: { object, field: /spec\.replicas/, found: /is -1/, allowed: /0 or more/, remedy: /raise it/ },
  },
  {
    name: 'pod template with a typo',
    spoil: { git: { rollout: { 'spec.template.spec.containers.0.imagePulPolicy': 'Always' } } },
    says: {
      object,
      field: /spec\.template\.spec\.containers\[0\]\.imagePulPolicy/,
      found: /unknown/,
      allowed: /only fields of its schema/,
      remedy: /remove it or correct its name/,
    },
  },
  {
    name: 'pod template without an image',
    spoil: { git: { rollout: { 'spec.template.spec.containers.0.image': undefined } } },
    says: {
      object,
      field: /spec\.template\.spec\.containers\[0\]\.image/,
      found: /is unset/,
      allowed: /a value is required/,
      remedy: /(correct|add) (it|the value) in Git/,
    },
  },
  {
    name: 'pod template with an impossible request',
    spoil: { git: { rollout: { 'spec.template.spec.containers.0.resources': { requests: { memory: 'lots' } } } } },
    says: {
      object,
      field: /spec\.template\.spec\.containers\[0\]\.resources\.requests\.memory/,
      found: /"lots"/,
      allowed: /a quantity must match a number with an optional unit/,
      remedy: /(correct|add) (it|the value) in Git/,
    },
  },
  {
    name: 'pods that do not restart',
    spoil: { git: { rollout: { 'spec.template.spec.restartPolicy': 'Never' } } },
    says: { object, field: /restartPolicy/, found: /"Never"/, allowed: /must use Always/, remedy: /remove it/ },
  },
];
