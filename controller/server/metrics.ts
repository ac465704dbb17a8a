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
  effect(kind: string, outcome: string): void;
  queueDepth(room: string, depth: number): void;
  leading(isLeader: boolean): void;
  sourceUp(isUp: boolean): void;
  /** Prometheus text format. */
  text(): Promise<string>;
}

export function controllerMetrics(version: string): Metrics {
  const registers = [new Registry()];
  const registry = registers[0]!;
  collectDefaultMetrics({ register: registry });
  const info = new Gauge({
    name: 'tidegate_controller_info',
    help: 'Version of the controller.',
    labelNames: ['version'],
    registers,
  });
  info.set({ version }, 1);
  const calls = new Counter({
    name: 'tidegate_kube_requests_total',
    help: 'Requests to the API server.',
    labelNames: ['verb', 'group', 'resource', 'code'],
    registers,
  });
  const callSeconds = new Histogram({
    name: 'tidegate_kube_request_seconds',
    help: 'Time of a request to the API server.',
    labelNames: ['verb'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers,
  });
  const reconciles = new Counter({
    name: 'tidegate_reconciles_total',
    help: 'Reconciles by outcome.',
    labelNames: ['room', 'outcome'],
    registers,
  });
  const reconcileSeconds = new Histogram({
    name: 'tidegate_reconcile_seconds',
    help: 'Time of a reconcile.',
    labelNames: ['room'],
    buckets: [0.001, 0.01, 0.05, 0.2, 1, 5, 30],
    registers,
  });
  const facts = new Counter({
    name: 'tidegate_facts_total',
    help: 'Things that happened to rollouts, runs and syncs.',
    labelNames: ['room', 'reason'],
    registers,
  });
  const effects = new Counter({
    name: 'tidegate_effects_total',
    help: 'Writes of the rollout room by kind and outcome.',
    labelNames: ['kind', 'outcome'],
    registers,
  });
  const depth = new Gauge({
    name: 'tidegate_queue_depth',
    help: 'Keys waiting in a work queue.',
    labelNames: ['room'],
    registers,
  });
  const leader = new Gauge({ name: 'tidegate_leader', help: '1 while this process holds the lease.', registers });
  const source = new Gauge({ name: 'tidegate_source_up', help: '1 while the source process answers.', registers });
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
    effect: (kind, outcome) => effects.inc({ kind, outcome }),
    queueDepth: (room, keys) => depth.set({ room }, keys),
    leading: (isLeader) => leader.set(isLeader ? 1 : 0),
    sourceUp: (isUp) => source.set(isUp ? 1 : 0),
    text: () => registry.metrics(),
  };
}
