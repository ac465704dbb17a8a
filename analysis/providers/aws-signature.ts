/** Signatures of AWS for metrics backends that name `sigv4`, and what a missing one means for a measurement. */

import type { ProviderAuthentication } from '../../crds/schema/provider-auth.ts';
import type { AwsAccess } from '../../outbound/aws/access.ts';
import { awsHost } from '../../outbound/aws/region.ts';
import type { SignatureCredentials } from '../../outbound/outcome.ts';
import type { MeasureContext, Missing } from '../provider.ts';

type SigV4 = NonNullable<ProviderAuthentication['sigv4']>;

/** What signs a request to this address in the name that the metric asks for. */
export async function signatureFor(
  address: string,
  { region, profile, roleArn }: SigV4,
  { now, signal }: Pick<MeasureContext, 'now' | 'signal'>,
  aws: AwsAccess | undefined,
): Promise<SignatureCredentials | Missing> {
  const url = URL.parse(address);
  if (aws === undefined || url === null)
    return { kind: 'misconfigured', why: 'authentication.sigv4: this controller has no access to AWS' };
  const signature = await aws.sign(url, { region, profile, roleArn }, { nowMs: now, signal });
  if (signature.kind === 'sigv4') return signature;
  return { kind: signature.lasting ? 'misconfigured' : 'unavailable', why: `authentication.sigv4: ${signature.why}` };
}

/** The region of an address of Amazon Managed Prometheus; undefined for every other address. */
export function managedPrometheusRegion(address: string): string | undefined {
  const host = awsHost(URL.parse(address)?.hostname ?? '');
  return host?.service === 'aps' ? host.region : undefined;
}
