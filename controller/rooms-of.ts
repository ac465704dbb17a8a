/** Makes the five rooms out of what the process has: caches, clients, leadership. */

import type { MetricProvider } from '../analysis/provider.ts';
import type { Dialect } from '../crds/schema/dialect.ts';
import type { Keys } from '../crds/schema/keys.ts';
import type { Clock, EventRecorder, KubeClient, Leadership, Log } from '../kube/api.ts';
import { ownWrites } from '../kube/own-writes.ts';
import { queueKey } from '../kube/ref.ts';
import type { PodLog } from '../kube/pod-log.ts';
import type { AwsAccess } from '../outbound/aws/access.ts';
import type { Outbound } from '../outbound/outcome.ts';
import type { Source } from '../source/contract.ts';
import { addressPolicy } from './address-policy.ts';
import { awsVerifier } from './aws/verify.ts';
import { callAddresses } from './call-addresses.ts';
import { analysisRunReconciler } from './analysis-run/reconciler.ts';
import type { Caches } from './caches.ts';
import type { Chance } from './chance.ts';
import type { ControllerConfig } from './config.ts';
import { experimentReconciler } from './experiment/reconciler.ts';
import { defaultLimits } from './git-revert/limits.ts';
import { gitRevertReconciler } from './git-revert/reconciler.ts';
import { gitSyncReconciler } from './git-sync/reconciler.ts';
import { releaseChecks, type TemplateLint, templateLint } from './release-checks.ts';
import { caller, type CallerParts } from './rollout/caller.ts';
import { rolloutReconciler } from './rollout/reconciler.ts';
import { enqueueRollouts } from './rollout/stores.ts';
import { tellDeleted } from './rollout/tell-deleted.ts';
import type { Room } from './rooms.ts';
import type { Metrics } from './server/metrics.ts';
import type { StepPlugins } from './step-plugins.ts';
import { routers } from './traffic/all-routers.ts';

export interface RoomParts {
  readonly config: ControllerConfig;
  readonly dialect: Dialect;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: (room: string) => Log;
  readonly caches: Caches;
  readonly client: KubeClient;
  readonly podLog: PodLog;
  readonly source: Source;
  readonly outbound: Outbound;
  /** What the operator says of step plugins, and the client for their addresses. */
  readonly stepPlugins: { readonly known: StepPlugins; readonly outbound: Outbound };
  readonly providers: readonly MetricProvider[];
  /** Absent: nothing is asked of AWS. */
  readonly aws?: AwsAccess;
  readonly events: EventRecorder;
  readonly leadership: Leadership;
  readonly metrics: Metrics;
}

export function roomsOf(parts: RoomParts): readonly Room[] {
  const lint = templateLint(parts.dialect, parts.providers, addressPolicy(parts.config));
  return [rolloutRoom(parts, lint), analysisRoom(parts), experimentRoom(parts, lint), ...gitRooms(parts, lint)];
}

function rolloutRoom(parts: RoomParts, lint: TemplateLint): Room {
  const { client, caches, clock, dialect, keys, events, leadership, metrics } = parts;
  const stores = caches.rollout;
  const log = parts.log('rollout');
  const { known: plugins, outbound: pluginOutbound } = parts.stepPlugins;
  const address = callAddresses({ client, clock, plugins, outbound: parts.outbound, pluginOutbound });
  const { signal } = leadership;
  const calls = caller({ address, clock, signal, aws: awsQuestions(parts) });
  const reconcile = rolloutReconciler({
    client,
    stores,
    seen: caches.seen,
    gitReverts: caches.git.gitReverts,
    ownWrites: ownWrites(clock),
    clock,
    dialect,
    keys,
    instanceId: parts.config.instanceId,
    events,
    leadership,
    routers,
    lintTemplate: lint,
    calls,
    stepPlugins: plugins,
    verifiesAws: parts.config.awsVerifyTargetGroup,
    log,
    metrics: {
      fact: (reason) => {
        metrics.fact('rollout', reason);
        if (reason === 'RouteDrift') metrics.routeDrift();
      },
      effect: (kind, outcome) => metrics.effect(kind, outcome),
    },
  });
  return {
    name: 'rollout',
    reconcile,
    start: (queue) => {
      calls.onChange((from) => queue.add(queueKey(from)));
      const undo = stores.rollouts.onChange(({ kind, object }) => {
        if (kind !== 'deleted') return;
        calls.forget(object.metadata.uid ?? '');
        void tellDeleted({ client, events, clock, dialect, log }, object);
      });
      const undoQueue = enqueueRollouts(stores, dialect, queue, caches.git.gitReverts);
      return () => {
        undo();
        undoQueue();
      };
    },
  };
}

/** Undefined where the operator does not want AWS to be asked. */
function awsQuestions({ aws, client, clock, config }: RoomParts): CallerParts['aws'] {
  if (!config.awsVerifyTargetGroup || aws === undefined) return undefined;
  const verifier = awsVerifier({ aws, client, tagKey: config.albTagKeyResourceId });
  return (question, signal) => verifier.ask(question, { nowMs: clock.now(), signal });
}

function analysisRoom(parts: RoomParts): Room {
  const { client, caches, clock, dialect, events, leadership, outbound, providers, podLog } = parts;
  const room = analysisRunReconciler({
    client,
    runs: caches.analysisRuns,
    jobs: caches.analysisJobs,
    podLog,
    clock,
    dialect,
    events,
    leadership,
    outbound,
    providers,
    secretRights: parts.config.analysisSecrets,
    sharedSecretsNamespace: parts.config.analysisSecretsNamespace ?? parts.config.leaseNamespace,
    log: parts.log('analysis-run'),
  });
  return { name: 'analysis-run', ...room };
}

function experimentRoom(parts: RoomParts, lint: TemplateLint): Room {
  const { client, caches, clock, dialect, keys, events, leadership, metrics } = parts;
  const room = experimentReconciler({
    client,
    stores: caches.rollout,
    seen: caches.seen,
    ownWrites: ownWrites(clock),
    clock,
    dialect,
    keys,
    events,
    leadership,
    lintTemplate: lint,
    log: parts.log('experiment'),
    fact: (reason) => metrics.fact('experiment', reason),
  });
  return { name: 'experiment', ...room };
}

function gitRooms(parts: RoomParts, lint: TemplateLint): readonly Room[] {
  const { client, caches, clock, dialect, keys, events, leadership, config, source, chance } = parts;
  const deps = {
    client,
    stores: caches.git,
    source,
    clock,
    dialect,
    keys,
    events,
    leadership,
    routers,
    randomBytes: (size: number) => chance.bytes(size),
    log: parts.log('git'),
    clusterId: config.clusterId,
    limits: {
      ...defaultLimits,
      perHour: config.revertsPerHour,
      perSyncPerDay: config.revertsPerSyncPerDay,
      incidentFailures: config.incidentFailures,
    },
    allowFileRepositories: config.allowFileRepositories,
    author: { name: config.committerName, email: config.committerEmail },
    checks: releaseChecks({ caches, dialect, routers, lint }),
  };
  return [
    { name: 'git-sync', ...gitSyncReconciler(deps) },
    { name: 'git-revert', ...gitRevertReconciler(deps) },
  ];
}
