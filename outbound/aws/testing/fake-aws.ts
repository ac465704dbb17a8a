/**
 * A loopback server that speaks AWS's query APIs for tests: it verifies each signature by code of its own, and answers what
 * the test says. Keys that STS gave are known to it from then on.
 */

import { createHash, createHmac } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { outboundClient } from '../../client.ts';
import { type AwsAccess, awsAccess } from '../access.ts';
import type { AwsSettings } from '../settings.ts';

export interface AwsRequest {
  /** Signing name of the credential scope; empty when not signed. */
  readonly service: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly action: string;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: http.IncomingHttpHeaders;
}

export interface AwsAnswer {
  readonly status?: number;
  readonly type?: string;
  readonly body: string;
}

export type AwsHandler = (request: AwsRequest) => AwsAnswer | undefined;

type Changes = { readonly [Name in keyof AwsSettings]?: AwsSettings[Name] | undefined };

export interface FakeAws {
  readonly address: string;
  readonly seen: readonly AwsRequest[];
  /** Undefined takes a setting away. */
  readonly settings: (changes?: Changes) => AwsSettings;
  readonly access: (changes?: Changes) => AwsAccess;
  close(): Promise<void>;
}

export const staticKeys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'static/Secret+Key' } as const;
const roleSecret = 'role/Secret+Key';
export const sessionToken = 'session//token==';

/** Answers STS by itself; everything else is the handler's. */
export async function fakeAws(handler: AwsHandler = () => undefined): Promise<FakeAws> {
  const seen: AwsRequest[] = [];
  const secrets = new Map<string, string>([[staticKeys.accessKeyId, staticKeys.secretAccessKey]]);
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const verdict = verify(request, body, secrets);
      const {
        status = 200,
        type = 'text/xml',
        body: text,
      } = typeof verdict === 'string' ? errorAnswer(403, verdict) : answer(handler, verdict, { seen, secrets });
      response.writeHead(status, { 'content-type': type }).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const settings = (changes: Changes = {}): AwsSettings => {
    const all = Object.entries({ ...defaultSettings(address), ...changes });
    return Object.fromEntries(all.filter(([, value]) => value !== undefined)) as unknown as AwsSettings;
  };
  const outbound = outboundClient({ policy: { allow: ['127.0.0.0/8'] }, userAgent: 'tidegate-test' });
  return {
    address,
    seen,
    settings,
    access: (changes) => awsAccess({ settings: settings(changes), outbound }),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function defaultSettings(address: string): AwsSettings {
  return {
    region: 'eu-west-1',
    keys: staticKeys,
    sessionName: 'tidegate',
    profile: 'default',
    credentialsFile: '/nonexistent/credentials',
    configFile: '/nonexistent/config',
    endpoints: { sts: address, monitoring: address, elasticloadbalancing: address, aps: address },
    profiles: [],
    roles: [],
    services: ['aps'],
  };
}

interface State {
  readonly seen: AwsRequest[];
  readonly secrets: Map<string, string>;
}

function answer(handler: AwsHandler, request: AwsRequest, { seen, secrets }: State): AwsAnswer {
  seen.push(request);
  const given = handler(request);
  if (given !== undefined) return given;
  if (!request.action.startsWith('AssumeRole')) return errorAnswer(400, 'InvalidAction');
  const accessKeyId = `ASIA${request.params['RoleArn']?.split('/').at(-1)?.toUpperCase() ?? ''}`;
  secrets.set(accessKeyId, roleSecret);
  return { body: stsAnswer(request.action, accessKeyId) };
}

function stsAnswer(action: string, accessKeyId: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><Credentials>
<AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${roleSecret}</SecretAccessKey>
<SessionToken>${sessionToken}</SessionToken><Expiration>2026-01-02T04:04:05Z</Expiration>
</Credentials></${action}Result></${action}Response>`;
}

export function errorAnswer(status: number, code: string): AwsAnswer {
  return {
    status,
    body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>signed ${staticKeys.secretAccessKey}</Message></Error></ErrorResponse>`,
  };
}

/** The request as AWS would take it, or the code of its refusal. */
function verify(
  request: http.IncomingMessage,
  body: string,
  secrets: ReadonlyMap<string, string>,
): AwsRequest | string {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const form = (request.headers['content-type'] ?? '').includes('form-urlencoded') ? body : '';
  const params = Object.fromEntries([...url.searchParams, ...new URLSearchParams(form)]);
  const base = { action: params['Action'] ?? '', path: url.pathname, params, headers: request.headers };
  const header = request.headers.authorization;
  if (header === undefined)
    return base.action === 'AssumeRoleWithWebIdentity'
      ? { ...base, service: '', region: '', accessKeyId: '' }
      : 'MissingAuthenticationToken';
  const read =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      header,
    );
  if (read === null) return 'IncompleteSignature';
  const [, accessKeyId = '', date = '', region = '', service = '', names = '', signature] = read;
  const secret = secrets.get(accessKeyId);
  if (secret === undefined) return 'InvalidClientTokenId';
  if (accessKeyId.startsWith('ASIA') && request.headers['x-amz-security-token'] !== sessionToken)
    return 'InvalidClientTokenId';
  if (!names.split(';').includes('host')) return 'SignatureDoesNotMatch';
  const headers = names
    .split(';')
    .map((name) => `${name}:${String(request.headers[name]).trim()}\n`)
    .join('');
  const query = [...url.searchParams]
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .toSorted()
    .join('&');
  const path = url.pathname.split('/').map(escaped).join('/');
  const canonical = [request.method, path, query, headers, names, sha256(body)].join('\n');
  const scope = `${date}/${region}/${service}/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(
    (from, part) => createHmac('sha256', from).update(part).digest(),
    `AWS4${secret}`,
  );
  if (createHmac('sha256', key).update(text).digest('hex') !== signature) return 'SignatureDoesNotMatch';
  return { ...base, service, region, accessKeyId };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
