/** What the operator says about AWS: credentials by AWS's own variables, addresses, and what analyses may use of it. Pure. */

import { join } from 'node:path';
import type { AwsKeys } from '../outcome.ts';
import { isProfile, isRegion, isRoleArn } from './region.ts';

/** Services that are asked for the product's own ends, and `aps`, which analyses ask. */
export type AwsService = 'sts' | 'monitoring' | 'elasticloadbalancing' | 'aps';

export interface AwsSettings {
  readonly region?: string;
  /** Keys that stand in variables. */
  readonly keys?: AwsKeys;
  /** A role that the account of the Pod may take (IRSA). */
  readonly webIdentity?: { readonly roleArn: string; readonly tokenFile: string };
  readonly sessionName: string;
  /** Profile of the shared files that is used when there is neither. */
  readonly profile: string;
  readonly credentialsFile: string;
  readonly configFile: string;
  /** Addresses other than AWS's own, by service. */
  readonly endpoints: Readonly<Partial<Record<AwsService, string>>>;
  /** Profiles and roles that analyses may name; a role may end in `*`. */
  readonly profiles: readonly string[];
  readonly roles: readonly string[];
  /** Signing names of the services that analyses may call. */
  readonly services: readonly string[];
}

export interface AwsFlags {
  readonly awsProfiles: readonly string[];
  readonly awsRoles: readonly string[];
  readonly awsServices: readonly string[];
}

type Env = Readonly<Record<string, string | undefined>>;

const endpointNames: readonly (readonly [AwsService, string])[] = [
  ['sts', 'STS'],
  ['monitoring', 'CLOUDWATCH'],
  ['elasticloadbalancing', 'ELASTIC_LOAD_BALANCING_V2'],
  ['aps', 'AMP'],
];

/** Reads AWS's variables; `wrong` is one sentence about the first that can't be used. It never quotes a key. */
export function awsSettings(env: Env, flags: AwsFlags): AwsSettings | { readonly wrong: string } {
  const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || undefined;
  const profile = env['AWS_PROFILE'] || 'default';
  const endpoints = endpointsOf(env);
  const wrong = wrongOf({ region, profile, endpoints, env, flags });
  if (wrong !== undefined) return { wrong };
  const home = join(env['HOME'] || '/', '.aws');
  const { AWS_ROLE_ARN: roleArn, AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile } = env;
  const keys = keysOf(env);
  return {
    ...(region === undefined ? {} : { region }),
    ...(keys === undefined ? {} : { keys }),
    ...(roleArn && tokenFile ? { webIdentity: { roleArn, tokenFile } } : {}),
    sessionName: (env['AWS_ROLE_SESSION_NAME'] || 'tidegate').replace(/[^\w+=,.@-]/g, '-').slice(0, 64),
    profile,
    credentialsFile: env['AWS_SHARED_CREDENTIALS_FILE'] || join(home, 'credentials'),
    configFile: env['AWS_CONFIG_FILE'] || join(home, 'config'),
    endpoints,
    profiles: flags.awsProfiles,
    roles: flags.awsRoles,
    services: flags.awsServices,
  };
}

function keysOf(env: Env): AwsKeys | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: token } = env;
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { accessKeyId, secretAccessKey, ...(token ? { sessionToken: token } : {}) };
}

function endpointsOf(env: Env): AwsSettings['endpoints'] {
  const all = env['AWS_ENDPOINT_URL'];
  const found = endpointNames.flatMap(([service, name]) => {
    const url = env[`AWS_ENDPOINT_URL_${name}`] || all;
    return url ? [[service, url] as const] : [];
  });
  return Object.fromEntries(found);
}

interface Given {
  readonly region: string | undefined;
  readonly profile: string;
  readonly endpoints: AwsSettings['endpoints'];
  readonly env: Env;
  readonly flags: AwsFlags;
}

function wrongOf({ region, profile, endpoints, env, flags }: Given): string | undefined {
  if (region !== undefined && !isRegion(region)) return 'Setting AWS_REGION is wrong: name a region such as eu-west-1.';
  if (!isProfile(profile)) return 'Setting AWS_PROFILE is wrong: it is no name of a profile.';
  const role = env['AWS_ROLE_ARN'];
  if (role && !isRoleArn(role))
    return 'Setting AWS_ROLE_ARN is wrong: name a role as arn:aws:iam::<account>:role/<name>.';
  const address = Object.values(endpoints).find((url) => !isHttp(url));
  if (address !== undefined)
    return 'Setting AWS_ENDPOINT_URL (or one of AWS_ENDPOINT_URL_*) is wrong: give a complete http or https URL.';
  const listed = flags.awsRoles.find((one) => !isRoleArn(one.replace(/\*$/, '_')));
  if (listed !== undefined)
    return `Setting --aws-roles is wrong: ${JSON.stringify(listed)} is no role; write arn:aws:iam::<account>:role/<name>, with * at the end at most.`;
  const named = flags.awsProfiles.find((one) => !isProfile(one));
  return named === undefined
    ? undefined
    : `Setting --aws-profiles is wrong: ${JSON.stringify(named)} is no name of a profile.`;
}

function isHttp(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') && url.hostname !== '';
}

/** Hosts that the operator gave instead of AWS's own: they may be reached whatever the policy says. */
export function endpointHosts({ endpoints }: Pick<AwsSettings, 'endpoints'>): readonly string[] {
  return Object.values(endpoints).flatMap((url) => URL.parse(url)?.hostname ?? []);
}
