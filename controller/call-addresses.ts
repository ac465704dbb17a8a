/** Finds address and signing key of a call: plugins in the operator's file, gates in the Rollout and its namespace's Secret. */

import { readFile } from 'node:fs/promises';
import type { Clock, KubeClient } from '../kube/api.ts';
import type { Outbound } from '../outbound/outcome.ts';
import { secretsOf } from './analysis-run/secrets.ts';
import { type Tenants, tenants } from './git-sync/tenant.ts';
import type { Addressed, CallFrom, CallerParts, HttpTarget } from './rollout/caller.ts';
import type { StepPlugins } from './step-plugins.ts';

export interface CallAddressParts {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly plugins: StepPlugins;
  /** Client for addresses that tenants name. */
  readonly outbound: Outbound;
  /** Client for addresses that the operator names. */
  readonly pluginOutbound: Outbound;
}

export function callAddresses(parts: CallAddressParts): CallerParts['address'] {
  const held = tenants(parts.client, parts.clock);
  return (target, from, signal) =>
    target.kind === 'plugin' ? plugin(parts, target) : gate(parts, held, { target, from, signal });
}

async function plugin(
  { plugins, pluginOutbound }: CallAddressParts,
  { name, operation }: Extract<HttpTarget, { kind: 'plugin' }>,
): Promise<Addressed> {
  const known = plugins.get(name);
  if (known === undefined) return { kind: 'refused', why: `the operator has named no step plugin ${name}` };
  if (known.disabled) return { kind: 'refused', why: `the operator has turned step plugin ${name} off` };
  const url = `${known.url.replace(/\/+$/, '')}/${operation.toLowerCase()}`;
  const base = { kind: 'ok', url, timeoutMs: known.timeoutSeconds * 1000, outbound: pluginOutbound } as const;
  if (known.secretFile === undefined) return base;
  const key = await readFile(known.secretFile, 'utf8').catch(() => undefined);
  if (key === undefined || key.trim() === '')
    return { kind: 'refused', why: `the key file of step plugin ${name} can not be read or is empty` };
  return { ...base, signingKey: key.trim() };
}

interface GateCall {
  readonly target: Extract<HttpTarget, { kind: 'gate' }>;
  readonly from: CallFrom;
  readonly signal: AbortSignal;
}

/** Without its key nothing is sent: a gate that demands a signature would refuse it, one that doesn't would be misled. */
async function gate(
  { client, outbound }: CallAddressParts,
  held: Tenants,
  { target, from, signal }: GateCall,
): Promise<Addressed> {
  const base = { kind: 'ok', url: target.url, timeoutMs: target.timeoutMs, outbound } as const;
  if (target.secret === undefined) return base;
  const { namespace, name } = from;
  const secrets = secretsOf({ client, tenants: held, namespace, askedBy: `Rollout ${namespace}/${name}`, signal });
  const found = await secrets.read(target.secret.name, target.secret.key);
  if (found.kind !== 'ok') return { kind: 'refused', why: found.message };
  const key = found.value.trim();
  return key === ''
    ? { kind: 'refused', why: `Secret ${namespace}/${target.secret.name} has an empty key` }
    : { ...base, signingKey: key };
}
