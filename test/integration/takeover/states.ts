/** The states that a takeover starts from, each as Argo Rollouts' controller leaves it. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import { argoStepHash } from '../../../controller/rollout/pod-hash.ts';
import { type Live, post } from './api.ts';
import { hashLabel, type Left, type LeftState } from './left-by-argo.ts';
import { goHashes, podTemplate } from './templates.ts';
import type { TakeoverWorld } from './world.ts';

/** RFC 3339 in seconds, as Go writes times. */
export function ago(seconds: number): string {
  return new Date(Date.now() - seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
}

type Said = readonly [type: string, status: string, reason: string, message?: string];

function conditions(...said: readonly Said[]): JsonObject[] {
  return said.map(([type, status, reason, message = reason]) => {
    return { type, status, reason, message, lastTransitionTime: ago(40), lastUpdateTime: ago(40) };
  });
}

/** Under way with all pods there: Completed and Healthy turned false when the update began. */
const underWay: readonly Said[] = [
  ['Healthy', 'False', 'RolloutHealthy'],
  ['Completed', 'False', 'RolloutCompleted'],
  ['Available', 'True', 'AvailableReason'],
];
const progressing: Said = ['Progressing', 'True', 'ReplicaSetUpdated'];
const pausedSaid: readonly Said[] = [
  ['Progressing', 'Unknown', 'RolloutPaused'],
  ['Paused', 'True', 'RolloutPaused'],
];

function canary(steps: readonly JsonObject[], more: JsonObject = {}): JsonObject {
  return { strategy: { canary: { maxSurge: 1, maxUnavailable: 0, steps, ...more } } };
}

const metric = (world: TakeoverWorld): JsonObject => ({
  name: 'rate',
  interval: '1s',
  count: 12,
  successCondition: 'result == 1',
  provider: { web: { url: world.backendUrl, jsonPath: '{$.ok}' } },
});

const analysisSteps = [
  { setWeight: 25 },
  { pause: { duration: '1s' } },
  { analysis: { templates: [{ templateName: 'rate' }] } },
  { setWeight: 50 },
  { pause: {} },
];

/** Two measurements were taken; the run is written whole, since its kind has no status subresource. */
function runningAnalysis({ world, owner, labels, hashOf }: Left): JsonObject {
  const measurements = [30, 29].map((seconds) => {
    return { phase: 'Successful', value: '1', startedAt: ago(seconds), finishedAt: ago(seconds) };
  });
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: {
      name: `app-${hashOf('v2')}-2-2`,
      labels: { app: 'app', ...labels, [hashLabel]: hashOf('v2'), 'rollout-type': 'Step', 'step-index': '2' },
      annotations: { 'rollout.argoproj.io/revision': '2' },
      ownerReferences: [owner],
    },
    spec: { metrics: [metric(world)] },
    status: {
      phase: 'Running',
      startedAt: ago(30),
      dryRunSummary: {},
      runSummary: { count: 1 },
      metricResults: [{ name: 'rate', phase: 'Running', count: 2, successful: 2, measurements }],
    },
  };
}

const midAnalysis: LeftState = {
  name: 'mid-analysis',
  replicas: 4,
  spec: () => canary(analysisSteps),
  beside: (world) => [
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AnalysisTemplate',
      metadata: { name: 'rate' },
      spec: { metrics: [metric(world)] },
    },
  ],
  sets: [
    { version: 'v1', replicas: 3, revision: 1 },
    { version: 'v2', replicas: 1, revision: 2 },
  ],
  current: 'v2',
  stable: 'v1',
  made: async (left) => [runningAnalysis(left)],
  status: ({ hashOf }) => ({
    phase: 'Progressing',
    message: 'more replicas need to be updated',
    currentStepIndex: 2,
    currentStepHash: argoStepHash(analysisSteps),
    canary: { currentStepAnalysisRunStatus: { name: `app-${hashOf('v2')}-2-2`, status: 'Running' } },
    blueGreen: {},
    conditions: conditions(...underWay, progressing, ['Paused', 'False', 'RolloutPaused']),
  }),
};

const experimentSteps = [
  { setWeight: 25 },
  {
    experiment: {
      duration: '60s',
      scaleDownDelaySeconds: 1,
      templates: [{ name: 'baseline', specRef: 'stable', replicas: 1 }],
    },
  },
  { pause: {} },
];

/** The Experiment with its one ReplicaSet, running since its pod was there. */
async function runningExperiment(left: Left): Promise<readonly JsonObject[]> {
  const { owner, labels, hashOf } = left;
  const name = `app-${hashOf('v2')}-2-1`;
  const podHash = 'exp5dc4698';
  const template = podTemplate('v1');
  const status = {
    phase: 'Running',
    availableAt: ago(0),
    conditions: conditions(['Progressing', 'True', 'NewReplicaSetAvailable']),
    templateStatuses: [
      {
        name: 'baseline',
        status: 'Running',
        replicas: 1,
        updatedReplicas: 1,
        readyReplicas: 1,
        availableReplicas: 1,
        lastTransitionTime: ago(0),
        podTemplateHash: podHash,
      },
    ],
  };
  const experiment = await post(
    left,
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Experiment',
      metadata: {
        name,
        labels: { ...labels, [hashLabel]: hashOf('v2') },
        annotations: { 'rollout.argoproj.io/revision': '2' },
        ownerReferences: [owner],
      },
      spec: {
        duration: '60s',
        scaleDownDelaySeconds: 1,
        templates: [
          {
            name: 'baseline',
            replicas: 1,
            selector: { matchLabels: { app: 'app', [hashLabel]: hashOf('v1') } },
            template: { ...template, metadata: { labels: { app: 'app', [hashLabel]: hashOf('v1') } } },
          },
        ],
      },
      status,
    },
    'rollouts-controller',
  );
  return [experimentSet(experiment, podHash)];
}

function experimentSet({ apiVersion, kind, metadata }: Live, podHash: string): JsonObject {
  const podLabels = { app: 'app', [hashLabel]: podHash };
  const { name, uid = '' } = metadata;
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-baseline`,
      labels: podLabels,
      annotations: { 'experiment.argoproj.io/name': name, 'experiment.argoproj.io/template-name': 'baseline' },
      ownerReferences: [{ apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }],
    },
    spec: {
      replicas: 1,
      selector: { matchLabels: podLabels },
      template: { ...podTemplate('v1'), metadata: { labels: podLabels } },
    },
  };
}

const midExperiment: LeftState = {
  ...midAnalysis,
  name: 'mid-experiment',
  spec: () => canary(experimentSteps),
  beside: () => [],
  made: runningExperiment,
  status: ({ hashOf }) => ({
    phase: 'Progressing',
    message: 'more replicas need to be updated',
    currentStepIndex: 1,
    currentStepHash: argoStepHash(experimentSteps),
    canary: { currentExperiment: `app-${hashOf('v2')}-2-1` },
    blueGreen: {},
    conditions: conditions(...underWay, progressing),
  }),
};

const midBlueGreen: LeftState = {
  name: 'mid-blue-green',
  replicas: 3,
  spec: () => ({
    strategy: { blueGreen: { activeService: 'active', previewService: 'preview', autoPromotionEnabled: false } },
  }),
  services: { active: 'v1', preview: 'v2' },
  sets: [
    { version: 'v1', replicas: 3, revision: 1 },
    { version: 'v2', replicas: 3, revision: 2 },
  ],
  current: 'v2',
  stable: 'v1',
  status: ({ hashOf }) => ({
    phase: 'Paused',
    message: 'BlueGreenPause',
    controllerPause: true,
    pauseConditions: [{ reason: 'BlueGreenPause', startTime: ago(60) }],
    blueGreen: { activeSelector: hashOf('v1'), previewSelector: hashOf('v2') },
    canary: {},
    conditions: conditions(...underWay, ...pausedSaid),
  }),
};

const pauseSteps = [{ setWeight: 25 }, { pause: {} }, { setWeight: 50 }];

const paused: LeftState = {
  ...midAnalysis,
  name: 'paused',
  spec: () => canary(pauseSteps),
  beside: () => [],
  made: async () => [],
  status: () => ({
    phase: 'Paused',
    message: 'CanaryPauseStep',
    controllerPause: true,
    pauseConditions: [{ reason: 'CanaryPauseStep', startTime: ago(60) }],
    currentStepIndex: 1,
    currentStepHash: argoStepHash(pauseSteps),
    canary: {},
    blueGreen: {},
    conditions: conditions(...underWay, ...pausedSaid),
  }),
};

const aborted: LeftState = {
  ...paused,
  name: 'aborted',
  sets: [
    { version: 'v1', replicas: 4, revision: 1 },
    { version: 'v2', replicas: 0, revision: 2 },
  ],
  status: () => ({
    phase: 'Degraded',
    message: 'RolloutAborted: the update to revision 2 was aborted',
    abort: true,
    abortedAt: ago(60),
    currentStepIndex: 0,
    currentStepHash: argoStepHash(pauseSteps),
    canary: {},
    blueGreen: {},
    conditions: conditions(...underWay, [
      'Progressing',
      'False',
      'RolloutAborted',
      'the update to revision 2 was aborted',
    ]),
  }),
};

/** v1 was used again, as revision 3; v3 came after a clash of names. */
const healthy: LeftState = {
  name: 'healthy',
  replicas: 3,
  spec: () => canary(pauseSteps),
  sets: [
    { version: 'v2', replicas: 0, revision: 2 },
    { version: 'v1', replicas: 0, revision: 3, history: '1' },
    { version: 'v3', hash: goHashes['v3 after a collision'], replicas: 3, revision: 4 },
  ],
  current: 'v3',
  stable: 'v3',
  status: () => ({
    phase: 'Healthy',
    collisionCount: 1,
    currentStepIndex: 3,
    currentStepHash: argoStepHash(pauseSteps),
    canary: {},
    blueGreen: {},
    conditions: conditions(
      ['Healthy', 'True', 'RolloutHealthy'],
      ['Completed', 'True', 'RolloutCompleted'],
      ['Available', 'True', 'AvailableReason'],
      ['Progressing', 'True', 'NewReplicaSetAvailable'],
      ['Paused', 'False', 'RolloutPaused'],
    ),
  }),
};

const ingressSpec = (service: string): JsonObject => ({
  ingressClassName: 'nginx',
  rules: [
    {
      host: 'app.example.com',
      http: {
        paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: service, port: { number: 80 } } } }],
      },
    },
  ],
});

function ingress(name: string, service: string, metadata: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, ...metadata },
    spec: ingressSpec(service),
  };
}

export const routedSpec: JsonObject = canary(pauseSteps, {
  canaryService: 'canary',
  stableService: 'stable',
  trafficRouting: { nginx: { stableIngress: 'web' } },
});

const routed: LeftState = {
  ...paused,
  name: 'routed',
  spec: () => routedSpec,
  services: { stable: 'v1', canary: 'v2' },
  beside: () => [ingress('web', 'stable')],
  made: async ({ owner }) => [
    ingress('app-web-canary', 'canary', {
      ownerReferences: [owner],
      annotations: {
        'nginx.ingress.kubernetes.io/canary': 'true',
        'nginx.ingress.kubernetes.io/canary-weight': '25',
      },
    }),
  ],
  sets: [
    { version: 'v1', replicas: 4, revision: 1 },
    { version: 'v2', replicas: 1, revision: 2 },
  ],
  status: (left) => ({
    ...paused.status(left),
    canary: {
      weights: {
        canary: { podTemplateHash: left.hashOf('v2'), serviceName: 'canary', weight: 25 },
        stable: { podTemplateHash: left.hashOf('v1'), serviceName: 'stable', weight: 75 },
      },
    },
  }),
};

export const states = { midAnalysis, midExperiment, midBlueGreen, paused, aborted, healthy, routed } as const;
