import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type AwsHandler, errorAnswer, type FakeAws, fakeAws, staticKeys } from './testing/fake-aws.ts';
import { awsSettings } from './settings.ts';

const opened: FakeAws[] = [];
const folders: string[] = [];

async function server(handler?: AwsHandler): Promise<FakeAws> {
  const aws = await fakeAws(handler);
  opened.push(aws);
  return aws;
}

function files(contents: Readonly<Record<string, string>>): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-aws-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(contents)) writeFileSync(join(folder, name), text);
  return (name) => join(folder, name);
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
const call = (at = nowMs) => ({ nowMs: at, signal: new AbortController().signal });
const query = { service: 'monitoring', version: '2010-08-01', action: 'GetMetricData', params: {} } as const;
const ok: AwsHandler = ({ action }) =>
  action === 'GetMetricData' ? { body: '<R><GetMetricDataResult><a/></GetMetricDataResult></R>' } : undefined;
const role = 'arn:aws:iam::123456789012:role/metrics';

describe('credentials of the operator', () => {
  it('are the keys in variables', async () => {
    const aws = await server(ok);

    expect(await aws.access().query(query, call())).toMatchObject({ kind: 'result' });
    expect(aws.seen).toMatchObject([{ accessKeyId: 'AKIDEXAMPLE', region: 'eu-west-1', service: 'monitoring' }]);
  });

  it('are a role by web identity, asked for once while it is good', async () => {
    const aws = await server(ok);
    const at = files({ token: 'a.web.token\n' });
    const access = aws.access({ keys: undefined, webIdentity: { roleArn: role, tokenFile: at('token') } });

    await access.query(query, call());
    await access.query(query, call());
    await access.query(query, call(Date.UTC(2026, 0, 2, 4, 0, 0)));

    expect(aws.seen.map((one) => one.action)).toEqual([
      'AssumeRoleWithWebIdentity',
      'GetMetricData',
      'GetMetricData',
      'AssumeRoleWithWebIdentity',
      'GetMetricData',
    ]);
    expect(aws.seen[0]?.params).toMatchObject({
      WebIdentityToken: 'a.web.token',
      RoleArn: role,
      RoleSessionName: 'tidegate',
    });
    expect(aws.seen[1]).toMatchObject({ accessKeyId: 'ASIAMETRICS' });
  });

  it('are a profile of the shared files, by way of the role that it names', async () => {
    const aws = await server(ok);
    const at = files({
      credentials: `# keys\n[base]\naws_access_key_id = ${staticKeys.accessKeyId}\naws_secret_access_key=${staticKeys.secretAccessKey}\n`,
      config: `[default]\nregion = eu-west-1\nrole_arn = ${role}\nsource_profile = base\n`,
    });
    const access = aws.access({
      keys: undefined,
      credentialsFile: at('credentials'),
      configFile: at('config'),
    });

    expect(await access.query(query, call())).toMatchObject({ kind: 'result' });
    expect(aws.seen.map((one) => `${one.action} ${one.accessKeyId}`)).toEqual([
      'AssumeRole AKIDEXAMPLE',
      'GetMetricData ASIAMETRICS',
    ]);
  });

  it('are missed in one sentence', async () => {
    const aws = await server(ok);

    expect(await aws.access({ keys: undefined }).query(query, call())).toEqual({
      kind: 'failed',
      why: "there are no AWS credentials: the profile default is in neither of AWS's files; the operator gives the controller a role, keys or a profile",
      lasting: true,
    });
  });

  it('that AWS refuses are told by code, and nothing of what was signed', async () => {
    const aws = await server(() => errorAnswer(403, 'AccessDenied'));

    expect(await aws.access().query(query, call())).toEqual({
      kind: 'failed',
      why: 'CloudWatch refused GetMetricData (HTTP 403, AccessDenied)',
      lasting: true,
      code: 'AccessDenied',
    });
    const wrong = aws.access({ keys: { ...staticKeys, secretAccessKey: 'other' } });
    expect(await wrong.query(query, call())).toMatchObject({ code: 'SignatureDoesNotMatch' });
  });

  it('are tried again when AWS is short of breath', async () => {
    const aws = await server(() => errorAnswer(400, 'Throttling'));

    expect(await aws.access().query(query, call())).toMatchObject({ kind: 'failed', lasting: false });
  });
});

describe('what tenants may ask', () => {
  const amp = new URL('https://aps-workspaces.eu-central-1.amazonaws.com/workspaces/ws-1');

  it('is a signature for Amazon Managed Prometheus, in the region of its host', async () => {
    const aws = await server();

    expect(await aws.access().sign(amp, {}, call())).toEqual({
      kind: 'sigv4',
      keys: staticKeys,
      region: 'eu-central-1',
      service: 'aps',
      atMs: nowMs,
    });
  });

  it.each([
    ['http://aps-workspaces.eu-central-1.amazonaws.com/', 'must be asked by https'],
    ['https://evil.example/', 'evil.example is no host of AWS, so no signature is given to it'],
    ['https://aps-workspaces.eu-west-1.amazonaws.com.evil.example/', 'is no host of AWS'],
    [
      'https://iam.us-east-1.amazonaws.com/',
      'the AWS service iam may not be called: the operator lists it by --aws-services',
    ],
  ])('is no signature for %s', async (url, why) => {
    const aws = await server();

    expect(await aws.access().sign(new URL(url), {}, call())).toMatchObject({
      kind: 'refused',
      lasting: true,
      why: expect.stringContaining(why),
    });
  });

  it.each([
    [{ region: 'eu-west-1/../x' }, 'region is no AWS region'],
    [{ roleArn: 'arn:aws:iam::1:role/x' }, 'roleArn is no role'],
    [{ profile: '../../etc' }, 'profile is no name'],
    [{ roleArn: role }, 'the operator lists it by --aws-roles'],
    [{ profile: 'admin' }, 'the operator lists it by --aws-profiles'],
  ])('is not %j', async (asked, why) => {
    const aws = await server();

    expect(await aws.access().sign(amp, asked, call())).toMatchObject({
      kind: 'refused',
      why: expect.stringContaining(why),
    });
    expect(aws.access().lint(asked)).toContain(why);
    expect(aws.seen).toEqual([]);
  });

  it('is a role that the operator lists, taken in the region of the operator', async () => {
    const aws = await server();
    const access = aws.access({ roles: ['arn:aws:iam::123456789012:role/met*'] });

    expect(await access.sign(amp, { roleArn: role }, call())).toMatchObject({ keys: { accessKeyId: 'ASIAMETRICS' } });
    expect(aws.seen).toMatchObject([{ action: 'AssumeRole', region: 'eu-west-1', params: { RoleArn: role } }]);
  });
});

describe('settings', () => {
  const flags = { awsProfiles: [], awsRoles: [], awsServices: ['aps'] };

  it("are AWS's own variables", () => {
    const env = {
      AWS_DEFAULT_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'b',
      AWS_ENDPOINT_URL_STS: 'http://sts.local',
      HOME: '/home/x',
    };

    expect(awsSettings(env, flags)).toMatchObject({
      region: 'eu-west-1',
      keys: { accessKeyId: 'a', secretAccessKey: 'b' },
      credentialsFile: '/home/x/.aws/credentials',
      endpoints: { sts: 'http://sts.local' },
    });
  });

  it.each([
    [{ AWS_REGION: 'x.evil.example' }, flags, 'AWS_REGION'],
    [{ AWS_ENDPOINT_URL: 'ftp://x' }, flags, 'AWS_ENDPOINT_URL'],
    [{}, { ...flags, awsRoles: ['*'] }, '--aws-roles'],
  ])('are refused: %j %j', (env, given, name) => {
    expect(awsSettings(env, given)).toEqual({ wrong: expect.stringContaining(name) });
  });
});
