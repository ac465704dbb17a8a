/** Builders of objects for the tests of the views: a Rollout web in shop, at step 2 of 4, and what is around it. */

import type { AnalysisRun } from '../../crds/schema/analysis-run.ts';
import { tidegateDialect } from '../../crds/schema/dialect.ts';
import { keys } from '../../crds/schema/keys.ts';
import type { GitRevert } from '../../crds/schema/git-revert.ts';
import type { GitSync } from '../../crds/schema/git-sync.ts';
import type { Rollout } from '../../crds/schema/rollout.ts';
import type { RolloutRun, RolloutRunSpec, RolloutRunStatus } from '../../crds/schema/rollout-run.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import type { PodFact, ReplicaSetFact, Scene } from '../view/scene.ts';

export const now = Date.parse('2026-11-22T14:30:00Z');
export const commit = '1a2b3c4d5e6f708192a3b4c5d6e7f80910213243';
const known = keys(tidegateDialect);

const defaultSteps: NonNullable<NonNullable<Rollout['spec']['strategy']['canary']>['steps']> = [
  { setWeight: 20 },
  { pause: {} },
  { analysis: { templates: [{ templateName: 'success-rate' }] } },
  { pause: { duration: '5m' } },
];

/** Status of a canary that stands at the pause of step 2 with 20 % confirmed. */
export const atGate: RolloutStatus = {
  phase: 'Paused',
  message: 'CanaryPauseStep',
  observedGeneration: 3,
  currentPodHash: 'new',
  stableRS: 'old',
  currentStepIndex: 1,
  controllerPause: true,
  pauseConditions: [{ reason: 'CanaryPauseStep', startTime: '2026-11-22T14:20:00Z' }],
  replicas: 6,
  updatedReplicas: 1,
  readyReplicas: 6,
  availableReplicas: 6,
  canary: { weights: { canary: { weight: 20 }, stable: { weight: 80 }, verified: true } },
  waiting: { reason: 'Gate', on: 'user', moves: 'promote or abort it' },
};

export const settled: RolloutStatus = {
  phase: 'Healthy',
  message: '',
  observedGeneration: 3,
  currentPodHash: 'new',
  stableRS: 'new',
  currentStepIndex: 4,
  readyReplicas: 5,
};

export const aborted: RolloutStatus = {
  ...atGate,
  phase: 'Degraded',
  message: 'RolloutAborted: success-rate failed',
  abort: true,
  currentStepIndex: 0,
  controllerPause: false,
  pauseConditions: [],
  waiting: undefined,
  failedPodHash: 'new',
  verdict: {
    outcome: 'Failed',
    cause: 'AnalysisFailed',
    podHash: 'new',
    revision: 7,
    at: '2026-11-22T14:25:00Z',
    message: 'metric success-rate was 0.91, needs >= 0.99',
    analysisRun: 'web-new-7-2',
    metric: 'success-rate',
    value: '0.91',
    limit: '>= 0.99',
    confirmedStableAt: '2026-11-22T14:25:01Z',
  },
};

export function aRollout(status: RolloutStatus | undefined = atGate, spec: Partial<Rollout['spec']> = {}): Rollout {
  return {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'Rollout',
    metadata: {
      name: 'web',
      namespace: 'shop',
      uid: 'rollout-uid',
      resourceVersion: '10',
      generation: 3,
      creationTimestamp: '2026-11-20T14:30:00Z',
      labels: { [known.gitSync]: 'sync-uid' },
      annotations: { [known.revision]: '7', [known.commit]: commit },
    },
    spec: {
      replicas: 5,
      strategy: {
        canary: {
          canaryService: 'web-canary',
          stableService: 'web',
          steps: defaultSteps,
          trafficRouting: { gatewayAPI: { httpRoutes: [{ name: 'web' }] } },
        },
      },
      ...spec,
    },
    ...(status === undefined ? {} : { status }),
  };
}

export function aReplicaSet(podHash: string, members: Partial<ReplicaSetFact> = {}): ReplicaSetFact {
  return {
    name: `web-${podHash}`,
    uid: `${podHash}-uid`,
    podHash,
    revision: podHash === 'new' ? 7 : 6,
    wanted: podHash === 'new' ? 1 : 5,
    ready: podHash === 'new' ? 1 : 5,
    available: podHash === 'new' ? 1 : 5,
    images: [`shop/web:${podHash}`],
    createdAt: '2026-11-22T14:15:00Z',
    ...members,
  };
}

export function aPod(name: string, members: Partial<PodFact> = {}): PodFact {
  return {
    name,
    replicaSetUid: 'new-uid',
    status: 'Ready',
    ready: 1,
    containers: 1,
    restarts: 0,
    createdAt: '2026-11-22T14:16:00Z',
    ...members,
  };
}

export function anAnalysisRun(name: string, status: AnalysisRun['status']): AnalysisRun {
  return {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: {
      name,
      labels: { [known.podTemplateHash]: 'new', [known.rolloutType]: 'Step', [known.stepIndex]: '2' },
      creationTimestamp: '2026-11-22T14:22:00Z',
    },
    spec: {
      metrics: [
        {
          name: 'success-rate',
          provider: { prometheus: { query: 'up' } },
          successCondition: 'result[0] >= 0.99',
          failureLimit: 2,
        },
      ],
    },
    ...(status === undefined ? {} : { status }),
  };
}

export function aRun(spec: Partial<RolloutRunSpec> = {}, status: RolloutRunStatus = { phase: 'Running' }): RolloutRun {
  const whole = { rollout: { name: 'web', uid: 'rollout-uid' }, revision: 7, podHash: 'new', attempt: 1, ...spec };
  return {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'RolloutRun',
    metadata: { name: `web-${whole.revision}-${whole.podHash}`, namespace: 'shop' },
    spec: whole,
    status,
  };
}

export function aGitSync(status: GitSync['status'] = { phase: 'Progressing' }): GitSync {
  return {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'GitSync',
    metadata: { name: 'shop', namespace: 'shop', uid: 'sync-uid' },
    spec: {
      repository: 'https://git.example.com/shop.git',
      branch: 'main',
      path: 'apps/web',
      serviceAccountName: 'shop-apply',
      revert: { mode: 'push' },
    },
    status,
  };
}

export function aGitRevert(status: GitRevert['status']): GitRevert {
  const failed = { rollout: 'web', templateHash: 'new', cause: 'AnalysisFailed', message: 'too many errors' } as const;
  return {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'GitRevert',
    metadata: { name: 'shop-1a2b3c4-1', namespace: 'shop' },
    spec: {
      gitSync: { name: 'shop', uid: 'sync-uid' },
      repository: 'https://git.example.com/shop.git',
      branch: 'main',
      paths: ['apps/web'],
      mode: 'push',
      bad: { commit, release: 'shop-1a2b3c4-aaaaaaa' },
      good: { commit: '99887766554433221100', release: 'shop-9988776-bbbbbbb', digest: 'd' },
      failed: [failed],
      cause: 'AnalysisFailed',
      verdict: 'too many errors',
      clusterId: 'c',
    },
    status,
  };
}

export function aScene(members: Partial<Scene> = {}): Scene {
  return {
    now,
    dialect: tidegateDialect,
    rollout: aRollout(),
    replicaSets: [aReplicaSet('new'), aReplicaSet('old')],
    pods: [],
    analysisRuns: [],
    runs: [],
    reverts: [],
    notes: [],
    ...members,
  };
}
