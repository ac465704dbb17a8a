/**
 * One Lease object as one contender sees it: taking, renewing and releasing it by merge patches that carry the
 * resourceVersion, and deciding by local observation alone whether its holder is dead.
 */

import type { ApiResult, Clock, JsonObject, Log, Transport } from './api.ts';
import { numberOf, textOf } from './json.ts';

export interface LeaseName {
  readonly namespace: string;
  readonly name: string;
}

export interface LeaseHolderOptions {
  readonly transport: Transport;
  readonly name: LeaseName;
  readonly identity: string;
  readonly leaseMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface LeaseHolder {
  /** `taken`: someone else holds it. `failed`: no answer or a lost race; try again. */
  hold(timeoutMs: number): Promise<'held' | 'taken' | 'failed'>;
  /** Frees the lease if it is ours. Best effort: without it the next one waits for the expiry. */
  release(): Promise<void>;
}

interface Observed {
  readonly version: string;
  readonly holder: string;
  readonly durationMs: number;
  readonly transitions: number;
  /** When we saw this version for the first time, monotonic. */
  readonly sinceMs: number;
}

const releaseTimeoutMs = 3_000;

export function leaseHolder(options: LeaseHolderOptions): LeaseHolder {
  const { clock, identity } = options;
  let observed: Observed | undefined;
  const send = (method: 'GET' | 'POST' | 'PATCH', timeoutMs: number, body?: object): Promise<ApiResult<JsonObject>> =>
    options.transport.send({
      method,
      path: pathOf(options.name, method !== 'POST'),
      pool: 'lease',
      timeoutMs,
      ...(body === undefined ? {} : { body }),
      ...(method === 'PATCH' ? { contentType: 'application/merge-patch+json' } : {}),
    });
  /** The time of observation is that of the answer, hence late rather than early: a holder is never declared dead too soon. */
  const observe = (lease: JsonObject): void => {
    observed = observe1(lease, observed, clock.monotonicMs(), options.leaseMs);
  };
  const write = async (method: 'POST' | 'PATCH', timeoutMs: number): Promise<'held' | 'failed'> => {
    const result = await send(method, timeoutMs, leaseBody(options, observed));
    if (result.kind === 'ok') {
      observe(result.object);
      return 'held';
    }
    if (result.kind === 'forbidden') options.log.error('may not use the lease', { right: result.right });
    return 'failed';
  };
  return {
    async hold(timeoutMs) {
      // The fast path of a holder: renew what we know, without reading first.
      if (observed?.holder === identity && (await write('PATCH', timeoutMs)) === 'held') return 'held';
      const read = await send('GET', timeoutMs);
      if (read.kind === 'not-found') {
        observed = undefined;
        return write('POST', timeoutMs);
      }
      if (read.kind !== 'ok') {
        if (read.kind === 'forbidden') options.log.error('may not use the lease', { right: read.right });
        return 'failed';
      }
      observe(read.object);
      if (observed !== undefined && heldByOther(observed, identity, clock.monotonicMs())) return 'taken';
      return write('PATCH', timeoutMs);
    },
    async release() {
      if (observed?.holder !== identity) return;
      const body = releaseBody(observed, clock.now());
      const result = await send('PATCH', releaseTimeoutMs, body);
      if (result.kind !== 'ok') options.log.warn('the lease could not be released', { outcome: result.kind });
      observed = undefined;
    },
  };
}

function heldByOther(observed: Observed, identity: string, nowMs: number): boolean {
  if (observed.holder === '' || observed.holder === identity) return false;
  return nowMs - observed.sinceMs < observed.durationMs;
}

function observe1(lease: JsonObject, before: Observed | undefined, nowMs: number, leaseMs: number): Observed {
  const version = textOf(lease, 'metadata', 'resourceVersion') ?? '';
  const seconds = numberOf(lease, 'spec', 'leaseDurationSeconds');
  return {
    version,
    holder: textOf(lease, 'spec', 'holderIdentity') ?? '',
    durationMs: seconds === undefined ? leaseMs : seconds * 1000,
    transitions: numberOf(lease, 'spec', 'leaseTransitions') ?? 0,
    sinceMs: before?.version === version ? before.sinceMs : nowMs,
  };
}

function pathOf(name: LeaseName, one: boolean): string {
  const collection = `/apis/coordination.k8s.io/v1/namespaces/${name.namespace}/leases`;
  return one ? `${collection}/${name.name}` : collection;
}

function leaseBody(options: LeaseHolderOptions, observed: Observed | undefined): object {
  const { identity, name, clock, leaseMs } = options;
  const now = microTime(clock.now());
  const taking = observed?.holder !== identity;
  const transitions = observed === undefined ? 0 : observed.transitions + 1;
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: name.name,
      namespace: name.namespace,
      ...(observed === undefined ? {} : { resourceVersion: observed.version }),
    },
    spec: {
      holderIdentity: identity,
      leaseDurationSeconds: Math.max(1, Math.ceil(leaseMs / 1000)),
      renewTime: now,
      ...(taking ? { acquireTime: now, leaseTransitions: transitions } : {}),
    },
  };
}

/** As client-go releases: no holder, and a duration of one second for contenders that look at it all the same. */
function releaseBody(observed: Observed, now: number): object {
  return {
    metadata: { resourceVersion: observed.version },
    spec: { holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(now), acquireTime: microTime(now) },
  };
}

/** Kubernetes' MicroTime wants exactly six fractional digits. */
export function microTime(atMs: number): string {
  return new Date(atMs).toISOString().replace('Z', '000Z');
}
