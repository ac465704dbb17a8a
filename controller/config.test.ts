import { describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';

describe('settings', () => {
  it('takes flags over variables over defaults', () => {
    const env = { TIDEGATE_API_GROUP: 'argoproj.io', TIDEGATE_CLUSTER_ID: 'env' };

    const parsed = readConfig(['--cluster-id', 'flag'], env);

    expect(parsed).toMatchObject({ kind: 'ok', config: { apiGroup: 'argoproj.io', clusterId: 'flag', workers: 16 } });
  });

  it('reads lists from flags, repeated or comma-separated, and from a comma-separated variable', () => {
    expect(readConfig(['--allow-address', '127.0.0.1/32', '--allow-address', 'git.local'], {})).toMatchObject({
      config: { allowAddress: ['127.0.0.1/32', 'git.local'] },
    });
    expect(readConfig(['--namespaces', 'a,b', '--namespaces', 'c'], {})).toMatchObject({
      config: { namespaces: ['a', 'b', 'c'] },
    });
    expect(readConfig([], { TIDEGATE_NAMESPACES: 'a,b' })).toMatchObject({ config: { namespaces: ['a', 'b'] } });
  });

  it.each([
    [['--workers', 'many'], /--workers \(TIDEGATE_WORKERS\)/],
    [['--api-group', 'example.com'], /--api-group/],
    [['--wrokers', '3'], /--wrokers/],
  ])('says in one sentence what is wrong with %j', (argv, message) => {
    expect(readConfig(argv, {})).toMatchObject({ kind: 'wrong', message: expect.stringMatching(message) });
  });

  it('refuses the address of the API server that Kubernetes tells every Pod', () => {
    const env = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' };

    expect(readConfig(['--refuse-address', '192.0.2.1'], env)).toMatchObject({
      config: { refuseAddress: ['192.0.2.1', '10.96.0.1:443'] },
    });
    expect(readConfig([], { ...env, KUBERNETES_SERVICE_HOST: 'fd00::1' })).toMatchObject({
      config: { refuseAddress: ['[fd00::1]:443'] },
    });
  });

  it('lets the controller read Secrets of analyses only where it stands in for Argo Rollouts', () => {
    const argv = ['--analysis-secrets', 'controller'];

    expect(readConfig([], {})).toMatchObject({ config: { analysisSecrets: 'tenant' } });
    expect(readConfig([...argv, '--api-group', 'argoproj.io'], {})).toMatchObject({
      config: { analysisSecrets: 'controller' },
    });
    expect(readConfig(argv, {})).toMatchObject({
      kind: 'wrong',
      message: expect.stringMatching(/^Setting --analysis-secrets .* found --api-group tidegate\.io; use tenant\.$/),
    });
  });

  it('reads switches from text, so that false is not true', () => {
    expect(readConfig(['--leader-elect', 'false'], {})).toMatchObject({ config: { leaderElect: false } });
  });
});

describe('AWS', () => {
  it('is set by its own variables, apart from the settings, and asks nothing of a load balancer unless told', () => {
    const env = { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'secret' };
    const parsed = readConfig(['--aws-roles', 'arn:aws:iam::123456789012:role/a*'], env);

    expect(parsed).toMatchObject({
      kind: 'ok',
      config: { awsVerifyTargetGroup: false, awsServices: ['aps'] },
      aws: { region: 'eu-west-1', roles: ['arn:aws:iam::123456789012:role/a*'] },
    });
    expect(JSON.stringify('config' in parsed ? parsed.config : '')).not.toContain('secret');
  });

  it('is refused with a region that is none', () => {
    expect(readConfig([], { AWS_REGION: 'evil.example/' })).toMatchObject({ kind: 'wrong' });
  });
});
