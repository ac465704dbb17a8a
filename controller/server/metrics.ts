/** Every metric of the controller, in one registry. Labels never carry object names, so that series do not grow with use. */

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface ApiCall {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly code: number;
  readonly ms: number;
}

export interface Metrics {
  apiCall(call: ApiCall): void;
  reconciled(room: string, outcome: 'done' | 'again' | 'retry' | 'failed', ms: number): void;
  fact(room: string, reason: string): void;
  /** Somebody else changed weights that a router holds. */
  routeDrift(): void;
  effect(kind: string, outcome: string): void;
  queueDepth(room: string, depth: number): void;
  leading(isLeader: boolean): void;
  /** Prometheus text format. */
  text(): Promise<string>;
}

/** Makes metrics of one registry; names and labels stand in one place, which the documentation is written from. */
function registryOf() {
  const registers = [new Registry()];
  const registry = registers[0] ?? new Registry();
  collectDefaultMetrics({ register: registry });
  return {
    text: () => registry.metrics(),
    counter: <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
      new Counter({ name, help, labelNames, registers }),
    gauge: <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
      new Gauge({ name, help, labelNames, registers }),
    seconds: <L extends string>(name: string, help: string, labelNames: readonly L[], buckets: number[]) =>
      new Histogram({ name, help, labelNames, buckets, registers }),
  };
}

export function controllerMetrics(version: string): Metrics {
  const make = registryOf();
  make.gauge('tidegate_controller_info', 'Version of the controller.', ['version']).set({ version }, 1);
  const calls = make.counter('tidegate_kube_requests_total', 'Requests to the API server.', [
    'verb',
    'group',
    'resource',
    'code',
  ]);
  const callSeconds = make.seconds(
    'tidegate_kube_request_seconds',
    'Time of a request to the API server.',
    ['verb'],
    [0.005, 0.02, 0.1, 0.5, 2, 10],
  );
  const reconciles = make.counter('tidegate_reconciles_total', 'Reconciles by outcome.', ['room', 'outcome']);
  const reconcileSeconds = make.seconds(
    'tidegate_reconcile_seconds',
    'Time of a reconcile.',
    ['room'],
    [0.001, 0.01, 0.05, 0.2, 1, 5, 30],
  );
  const facts = make.counter('tidegate_facts_total', 'Things that happened to rollouts, runs and syncs.', [
    'room',
    'reason',
  ]);
  const drifts = make.counter('tidegate_route_drift_total', 'Foreign changes of weights in routes, put back.', []);
  const effects = make.counter('tidegate_effects_total', 'Writes of the rollout room by kind and outcome.', [
    'kind',
    'outcome',
  ]);
  const depth = make.gauge('tidegate_queue_depth', 'Keys waiting in a work queue.', ['room']);
  const leader = make.gauge('tidegate_leader', '1 while this process holds the lease.');
  return {
    apiCall: ({ verb, group, resource, code, ms }) => {
      calls.inc({ verb, group, resource, code: String(code) });
      callSeconds.observe({ verb }, ms / 1000);
    },
    reconciled: (room, outcome, ms) => {
      reconciles.inc({ room, outcome });
      reconcileSeconds.observe({ room }, ms / 1000);
    },
    fact: (room, reason) => facts.inc({ room, reason }),
    routeDrift: () => drifts.inc(),
    effect: (kind, outcome) => effects.inc({ kind, outcome }),
    queueDepth: (room, keys) => depth.set({ room }, keys),
    leading: (isLeader) => leader.set(isLeader ? 1 : 0),
    text: make.text,
  };
}
