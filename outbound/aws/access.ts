/**
 * The one way to AWS: the operator's credentials (variables, web identity, shared files), roles taken with them, calls of the
 * query APIs, and which addresses a signature may be given to. Keys live in memory only, temporary ones until shortly before
 * they end.
 */

import type { SignatureCredentials } from '../outcome.ts';
import {
  type AwsAsked,
  type AwsCall,
  type AwsParts,
  type AwsRefused,
  obtain,
  type Obtained,
  refused,
} from './credentials.ts';
import { callQueryApi, type QueryAnswer } from './query-api.ts';
import { awsHost, isProfile, isRegion, isRoleArn } from './region.ts';
import type { AwsService, AwsSettings } from './settings.ts';

export interface AwsQuery {
  readonly service: AwsService;
  readonly version: string;
  readonly action: string;
  readonly params: Readonly<Record<string, string>>;
}

export interface AwsAccess {
  /** What is wrong with the names themselves; undefined when nothing is. */
  lint(asked: AwsAsked): string | undefined;
  /** Credentials for a request to this URL, if it is one of AWS that analyses may call. */
  sign(url: URL, asked: AwsAsked, call: AwsCall): Promise<SignatureCredentials | AwsRefused>;
  /** A signed call in the operator's own name and region. */
  query(query: AwsQuery, call: AwsCall): Promise<QueryAnswer>;
}

/** Temporary keys are not used in their last moments. */
const spareMs = 5 * 60_000;
const mostKept = 1_000;

export function awsAccess(parts: AwsParts): AwsAccess {
  const kept = new Map<string, Extract<Obtained, { kind: 'keys' }>>();
  const keysFor = async (asked: AwsAsked, call: AwsCall): Promise<Obtained> => {
    const id = JSON.stringify([asked.profile ?? '', asked.roleArn ?? '', asked.region ?? '']);
    const known = kept.get(id);
    if (known !== undefined && call.nowMs + spareMs < (known.untilMs ?? 0)) return known;
    kept.delete(id);
    const obtained = await obtain(parts, asked, call);
    if (kept.size >= mostKept) kept.clear();
    if (obtained.kind === 'keys' && obtained.untilMs !== undefined) kept.set(id, obtained);
    return obtained;
  };
  return {
    lint: (asked) => wrongName(asked) ?? unlisted(parts.settings, asked),
    async sign(url, asked, call) {
      const wrong = wrongName(asked) ?? unlisted(parts.settings, asked);
      if (wrong !== undefined) return refused(wrong);
      const place = placeOf(parts.settings, url, asked);
      if (place.kind === 'refused') return place;
      const obtained = await keysFor({ ...asked, region: place.region }, call);
      if (obtained.kind === 'refused') return obtained;
      return { kind: 'sigv4', keys: obtained.keys, region: place.region, service: place.service, atMs: call.nowMs };
    },
    async query({ service, version, action, params }, call) {
      const { region } = parts.settings;
      if (region === undefined) return { kind: 'failed', why: noRegion, lasting: true };
      const obtained = await keysFor({ region }, call);
      if (obtained.kind === 'refused') return { kind: 'failed', why: obtained.why, lasting: obtained.lasting };
      const credentials = { kind: 'sigv4', keys: obtained.keys, region, service, atMs: call.nowMs } as const;
      const { signal } = call;
      return callQueryApi(parts.outbound, parts.settings, {
        service,
        region,
        version,
        action,
        params,
        credentials,
        signal,
      });
    },
  };
}

const noRegion = 'no AWS region is known: the operator sets AWS_REGION';

function wrongName({ region, profile, roleArn }: AwsAsked): string | undefined {
  if (region && !isRegion(region)) return 'region is no AWS region such as eu-west-1';
  if (profile && !isProfile(profile)) return 'profile is no name of an AWS profile';
  if (roleArn && !isRoleArn(roleArn)) return 'roleArn is no role as arn:aws:iam::<account>:role/<name>';
  return undefined;
}

/** Whose rights a tenant may use is the operator's decision. */
function unlisted(settings: AwsSettings, { profile, roleArn }: AwsAsked): string | undefined {
  if (profile && !settings.profiles.includes(profile))
    return `profile ${profile} may not be used: the operator lists it by --aws-profiles`;
  const isListed = (one: string) =>
    one.endsWith('*') ? roleArn?.startsWith(one.slice(0, -1)) === true : one === roleArn;
  return roleArn && !settings.roles.some(isListed)
    ? `roleArn ${roleArn} may not be used: the operator lists it by --aws-roles`
    : undefined;
}

interface Place {
  readonly kind: 'place';
  readonly service: string;
  readonly region: string;
}

/** A signature goes to AWS and to the operator's own addresses only, and only for the services that the operator lists. */
function placeOf(settings: AwsSettings, url: URL, asked: AwsAsked): Place | AwsRefused {
  const own = Object.entries(settings.endpoints)
    .filter(([, address]) => URL.parse(address)?.origin === url.origin)
    .map(([service]) => service)
    .find((service) => settings.services.includes(service));
  const host = own === undefined ? awsHost(url.hostname) : { service: own, region: '' };
  if (host === undefined)
    return refused(
      `${url.host} is no host of AWS, so no signature is given to it (name <service>.<region>.amazonaws.com)`,
    );
  if (own === undefined && url.protocol !== 'https:') return refused(`${url.host} must be asked by https`);
  if (!settings.services.includes(host.service))
    return refused(`the AWS service ${host.service} may not be called: the operator lists it by --aws-services`);
  const region = asked.region || host.region || settings.region;
  return region === undefined ? refused(noRegion) : { kind: 'place', service: host.service, region };
}
