/** Requests of the controller as the API server's audit log saw them. */

import type { Cluster } from '../bed/cluster.ts';

type AuditEvent = ReturnType<Cluster['auditEvents']>[number];

export interface Requests {
  readonly total: number;
  /** "patch rollouts/status": 14 */
  readonly byVerb: Readonly<Record<string, number>>;
}

const agent = 'tidegate-controller/';

/** All but Lease renewals, which go on at any time; long watches count when they are opened. */
export function requestsSince(cluster: Cluster, mark: number): Requests {
  const seen = new Map<string, AuditEvent>();
  for (const event of cluster.auditEvents().slice(mark)) if (isOurs(event)) seen.set(event.auditID, event);
  const byVerb: Record<string, number> = {};
  for (const event of seen.values()) {
    const { resource = '', subresource } = event.objectRef ?? {};
    const key = `${event.verb} ${resource}${subresource ? `/${subresource}` : ''}`;
    byVerb[key] = (byVerb[key] ?? 0) + 1;
  }
  return { total: seen.size, byVerb: Object.fromEntries(Object.entries(byVerb).toSorted(([, a], [, b]) => b - a)) };
}

export function auditMark(cluster: Cluster): number {
  return cluster.auditEvents().length;
}

function isOurs(event: AuditEvent): boolean {
  return (event.userAgent ?? '').startsWith(agent) && event.objectRef?.resource !== 'leases';
}
