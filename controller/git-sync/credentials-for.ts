/** Credentials of a GitSync's repository for one call: its Secret, read with the tenant's token, or one of the operator's keys. */

import type { GitSync } from '../../crds/schema/git-sync.ts';
import { readCredentials } from './credentials.ts';
import type { GitDeps } from './ports.ts';
import type { Tenants } from './tenant.ts';
import type { CredentialsFor } from './tips.ts';

/** `read` for fetching; `write` for the push of a revert, which falls back to those for reading. */
export function credentialsFor(deps: Pick<GitDeps, 'client'>, tenants: Tenants, use: 'read' | 'write'): CredentialsFor {
  return async (sync: GitSync) => {
    const namespace = sync.metadata.namespace ?? '';
    const write = use === 'write' ? sync.spec.revert.writeCredentials : undefined;
    if (write?.key !== undefined) return { kind: 'ok', credentials: { kind: 'operator', key: write.key, namespace } };
    const secretName = write?.secretName ?? sync.spec.credentials?.secretName;
    if (secretName === undefined) return { kind: 'ok', credentials: { kind: 'none' } };
    const field =
      write?.secretName === undefined ? 'spec.credentials.secretName' : 'spec.revert.writeCredentials.secretName';
    const account = {
      namespace,
      name: sync.spec.serviceAccountName,
      askedBy: `GitSync ${namespace}/${sync.metadata.name}`,
    };
    const token = await tenants.identity(account);
    if (token.kind !== 'ok') return token;
    return readCredentials(deps.client, { secretName, field, account }, token.identity);
  };
}
