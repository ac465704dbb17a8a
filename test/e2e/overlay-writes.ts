/** What one account asked the API server to write, by the audit log, each write beside the object's version before it. */

import type { Versions } from './overlay-versions.ts';
import type { Kind, Live, World } from './world.ts';

/** The account with which the tenant's GitSyncs apply. */
export const tenant = 'system:serviceaccount:shop:tidegate-deployer';
export const controller = 'system:serviceaccount:tidegate:tidegate';

export interface Write {
  readonly kind: Kind;
  readonly name: string;
  readonly verb: string;
  readonly dryRun: boolean;
  /** The version that the request was made for, by its body. */
  readonly madeFor: string | undefined;
  /** The object as the server stored it, or would have. */
  readonly result: Live;
  /** The object at `madeFor`; undefined when the request created it. */
  readonly before: Live | undefined;
}

const kinds: Readonly<Record<string, Kind>> = {
  rollouts: 'Rollout',
  httproutes: 'HTTPRoute',
  services: 'Service',
  replicasets: 'ReplicaSet',
};

type Body = Partial<Live> | undefined;

/** Accepted writes and dry-runs of the account on the recorded kinds, oldest first; needs the audit level RequestResponse. */
export function writesBy(world: World, account: string, versions: Versions): readonly Write[] {
  return world.bed.cluster.auditEvents().flatMap((event): Write[] => {
    const { resource = '', subresource, name = '', namespace } = event.objectRef ?? {};
    const kind = kinds[resource];
    const code = event.responseStatus?.code ?? 0;
    if (event.user.username !== account || kind === undefined || subresource !== undefined || namespace !== 'shop')
      return [];
    if (!['create', 'update', 'patch', 'delete'].includes(event.verb) || code < 200 || code > 299) return [];
    const madeFor = (event.requestObject as Body)?.metadata?.resourceVersion;
    const result = event['responseObject'] as Live;
    const before = versions.of(kind, name).find((one) => one.resourceVersion === madeFor)?.object;
    return [{ kind, name, verb: event.verb, dryRun: event.requestURI.includes('dryRun='), madeFor, result, before }];
  });
}

/** Writes that changed something: a write without effect leaves the version as it was. */
export function effective(writes: readonly Write[]): readonly Write[] {
  return writes.filter((one) => !one.dryRun && one.result.metadata.resourceVersion !== one.madeFor);
}

/** How many requests of the account the server refused with this code. */
export function refusals(world: World, account: string, code: number): number {
  return world.bed.cluster
    .auditEvents()
    .filter((event) => event.user.username === account && event.responseStatus?.code === code).length;
}
