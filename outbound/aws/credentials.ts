/**
 * Where keys come from: the operator's variables, a web identity (IRSA), AWS's shared files, and roles taken with them at STS.
 * Keys are values in memory; no sentence of this file has one.
 */

import { readFile } from 'node:fs/promises';
import type { AwsKeys, Outbound } from '../outcome.ts';
import { readProfile } from './profiles.ts';
import { callQueryApi } from './query-api.ts';
import type { AwsSettings } from './settings.ts';
import { find, textAt } from './xml.ts';

/** What a metric says of the credentials to use; hostile input. */
export interface AwsAsked {
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
  readonly roleArn?: string | undefined;
}

export interface AwsCall {
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

/** `lasting`: a person must change something. */
export interface AwsRefused {
  readonly kind: 'refused';
  readonly why: string;
  readonly lasting: boolean;
}

export interface AwsParts {
  readonly settings: AwsSettings;
  /** May reach the operator's addresses (`endpointHosts`). */
  readonly outbound: Outbound;
}

export type Obtained = { readonly kind: 'keys'; readonly keys: AwsKeys; readonly untilMs?: number } | AwsRefused;

const mostProfiles = 4;
const stsVersion = '2011-06-15';

export function refused(why: string, lasting = true): AwsRefused {
  return { kind: 'refused', why, lasting };
}

/** Keys for one use; `asked` has been checked, and its region is set. */
export async function obtain(parts: AwsParts, asked: AwsAsked, call: AwsCall): Promise<Obtained> {
  const region = asked.region ?? '';
  const base = await (asked.profile
    ? ofProfile(parts, asked.profile, { region, call })
    : ofOperator(parts, { region, call }));
  if (base.kind === 'refused' || !asked.roleArn) return base;
  return takeRole(parts, base.keys, { roleArn: asked.roleArn, region, call });
}

interface In {
  readonly region: string;
  readonly call: AwsCall;
}

function ofOperator(parts: AwsParts, at: In): Promise<Obtained> {
  const { keys, webIdentity, profile } = parts.settings;
  if (keys !== undefined) return Promise.resolve({ kind: 'keys', keys });
  return webIdentity === undefined ? ofProfile(parts, profile, at) : takeWebIdentity(parts, webIdentity, at);
}

async function ofProfile(parts: AwsParts, name: string, at: In, depth = 0): Promise<Obtained> {
  const profile = await readProfile(name, parts.settings);
  switch (profile.kind) {
    case 'none':
      return refused(
        `there are no AWS credentials: ${profile.why}; the operator gives the controller a role, keys or a profile`,
      );
    case 'keys':
      return profile;
    case 'web-identity':
      return takeWebIdentity(parts, profile, at);
    case 'role': {
      if (depth >= mostProfiles) return refused(`the profile ${name} leads to too many others`);
      const own = await ofSource(parts, { name, source: profile.source }, at, depth);
      return own.kind === 'refused' ? own : takeRole(parts, own.keys, { roleArn: profile.roleArn, ...at });
    }
  }
}

/** A profile may name itself: then its own keys take the role. */
async function ofSource(
  parts: AwsParts,
  { name, source }: { readonly name: string; readonly source: string },
  at: In,
  depth: number,
): Promise<Obtained> {
  if (source !== name) return ofProfile(parts, source, at, depth + 1);
  return refused(`the profile ${name} names itself as source_profile`);
}

async function takeWebIdentity(
  parts: AwsParts,
  { roleArn, tokenFile }: { readonly roleArn: string; readonly tokenFile: string },
  at: In,
): Promise<Obtained> {
  const token = (await readFile(tokenFile, 'utf8').catch(() => '')).trim();
  if (token === '') return refused('the web identity token file can not be read or is empty', false);
  const params = { RoleArn: roleArn, RoleSessionName: parts.settings.sessionName, WebIdentityToken: token };
  return askSts(parts, 'AssumeRoleWithWebIdentity', params, { ...at, keys: undefined });
}

function takeRole(parts: AwsParts, keys: AwsKeys, at: In & { readonly roleArn: string }): Promise<Obtained> {
  const params = { RoleArn: at.roleArn, RoleSessionName: parts.settings.sessionName };
  return askSts(parts, 'AssumeRole', params, { ...at, keys });
}

async function askSts(
  { outbound, settings }: AwsParts,
  action: 'AssumeRole' | 'AssumeRoleWithWebIdentity',
  params: Readonly<Record<string, string>>,
  { region: asked, call, keys }: In & { readonly keys: AwsKeys | undefined },
): Promise<Obtained> {
  // A region that a metric names has no say in where tokens of the operator are sent.
  const region = settings.region ?? asked;
  const credentials = keys && ({ kind: 'sigv4', keys, region, service: 'sts', atMs: call.nowMs } as const);
  const answer = await callQueryApi(outbound, settings, {
    service: 'sts',
    region,
    version: stsVersion,
    action,
    params,
    ...(credentials === undefined ? {} : { credentials }),
    signal: call.signal,
  });
  if (answer.kind === 'failed') return refused(answer.why, answer.lasting);
  const given = find(answer.result, 'Credentials');
  const accessKeyId = textAt(given, 'AccessKeyId');
  const secretAccessKey = textAt(given, 'SecretAccessKey');
  const sessionToken = textAt(given, 'SessionToken');
  const untilMs = Date.parse(textAt(given, 'Expiration') ?? '');
  if (!accessKeyId || !secretAccessKey || !sessionToken || Number.isNaN(untilMs))
    return refused('AWS STS answered without keys', false);
  return { kind: 'keys', keys: { accessKeyId, secretAccessKey, sessionToken }, untilMs };
}
