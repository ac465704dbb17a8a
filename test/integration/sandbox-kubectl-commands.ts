/** Commands that print the same on a real cluster and on the sandbox, in the order in which they run: later ones see what earlier ones made. */

export interface KubectlCommand {
  readonly args: readonly string[];
  readonly input?: string;
  /** Only these lines are compared. */
  readonly view?: (text: string) => string;
}

const metadata = (name: string, more: object = {}): object => ({ name, namespace: 'shop', ...more });
const template = {
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', image: 'web:1', ports: [{ containerPort: 8080 }] }] },
};
const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
const config = (data: object): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: metadata('settings', { labels: { app: 'web' } }),
  data,
});
const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: metadata('web'),
  spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
};
const rollout = (spec: object = {}): object => ({
  apiVersion: 'tidegate.io/v1alpha1',
  kind: 'Rollout',
  metadata: metadata('web'),
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template,
    strategy: { canary: { steps: [{ setWeight: 20 }, { pause: {} }] } },
    ...spec,
  },
});
const set = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: metadata('none'),
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: 'none' } },
    template: { metadata: { labels: { app: 'none' } }, spec: template.spec },
  },
};
const lines = (...objects: readonly object[]): string =>
  objects.map((object) => JSON.stringify(object)).join('\n---\n');

const apply = (input: string, ...flags: readonly string[]): KubectlCommand => ({
  args: ['apply', '--server-side', '-f', '-', ...flags],
  input,
});
const shop = (...args: readonly string[]): KubectlCommand => ({ args: ['-n', 'shop', ...args] });
const onlyLines = (pattern: RegExp) => (text: string) =>
  text
    .split('\n')
    .filter((line) => pattern.test(line))
    .join('\n');
const withoutLines = (pattern: RegExp) => (text: string) =>
  text
    .split('\n')
    .filter((line) => !pattern.test(line))
    .join('\n');
const served = onlyLines(
  /^(configmaps|events|namespaces|nodes|persistentvolumeclaims|pods|secrets|serviceaccounts|services|customresourcedefinitions|deployments|replicasets|jobs|leases|endpointslices|poddisruptionbudgets|horizontalpodautoscalers|roles|rolebindings|clusterroles|clusterrolebindings|tokenreviews|selfsubject\w+|subjectaccessreviews|rollouts|analysis\w+|clusteranalysis\w+|experiments|gitsyncs|releases|gitreverts|rolloutruns) /,
);

export const commands: readonly KubectlCommand[] = [
  apply(lines(namespace, config({ mode: 'fast' }), service, rollout(), set)),
  apply(lines(namespace, config({ mode: 'fast' }), service, rollout(), set)),
  apply(lines(config({ mode: 'slow' })), '--field-manager=other'),
  apply(lines(config({ mode: 'slow' })), '--field-manager=other', '--force-conflicts'),
  apply(lines(config({ mode: 'fast' }))),
  apply(lines(rollout({ replcas: 3 }))),
  apply(lines(rollout({ strategy: { canary: { stepz: [] } } })), '--dry-run=server'),
  apply(lines(rollout({ strategy: {} }))),
  apply(lines(rollout({ replicas: 3 })), '--dry-run=server'),
  apply(lines({ ...rollout(), kind: 'Rolout' })),
  { args: ['create', '-f', '-'], input: lines(rollout({ replcas: 3 })) },
  { args: ['create', '-f', '-'], input: lines(config({ mode: 'x' })) },
  shop('create', 'configmap', 'made', '--from-literal=a=b'),
  shop('create', 'serviceaccount', 'deployer'),
  shop('create', 'secret', 'generic', 'key', '--from-literal=password=x', '--dry-run=server', '-o', 'yaml'),
  shop('get', 'rollouts'),
  shop('get', 'ro', 'web', '-o', 'wide'),
  shop('get', 'rollout', 'web', '-o', 'yaml'),
  shop('get', 'rollout.tidegate.io/web', '-o', 'json', '--show-managed-fields'),
  shop('get', 'rollout', 'web', '-o', 'jsonpath={.spec.strategy.canary.steps[*].setWeight}'),
  shop('get', 'rollouts', '-o', 'custom-columns=NAME:.metadata.name,WANTED:.spec.replicas'),
  shop('get', 'configmaps', '-l', 'app=web', '--show-labels'),
  // Real namespaces also have the ConfigMap kube-root-ca.crt: the sandbox has no such publisher.
  { ...shop('get', 'cm,svc,rs', '-l', 'app notin (none)', '-o', 'name'), view: withoutLines(/kube-root-ca/) },
  shop('get', 'svc', '-o', 'wide'),
  shop('get', 'rs'),
  shop('get', 'tidegate'),
  { args: ['get', 'rollouts', '-A'] },
  { args: ['get', 'gitsyncs', '-A'] },
  { args: ['get', 'namespace', 'shop'] },
  { args: ['get', 'crd', 'rollouts.tidegate.io'] },
  shop('get', 'rollout', 'none'),
  shop('get', 'nothings'),
  shop('get', 'rollouts', '--field-selector=metadata.name=other'),
  shop('get', 'rollouts', '--chunk-size=1', '-o', 'name'),
  shop('describe', 'rollout', 'web'),
  shop('describe', 'rs', 'none'),
  shop('describe', 'configmap', 'made'),
  shop('describe', 'svc', 'web'),
  // The sandbox serves no quotas and limits.
  { args: ['describe', 'namespace', 'shop'], view: withoutLines(/^(No resource quota|No LimitRange|$)/) },
  shop('patch', 'rollout', 'web', '--type=merge', '-p', '{"spec":{"replicas":3}}'),
  shop('patch', 'rollout', 'web', '--type=merge', '-p', '{"spec":{"replicas":3}}'),
  shop(
    'patch',
    'rollout',
    'web',
    '--type=json',
    '-p',
    '[{"op":"replace","path":"/spec/strategy/canary/steps/0/setWeight","value":30}]',
  ),
  shop('patch', 'rollout', 'web', '--type=json', '-p', '[{"op":"test","path":"/spec/replicas","value":9}]'),
  shop('patch', 'rollout', 'web', '--type=merge', '-p', '{"spec":{"replicas":-1}}'),
  shop(
    'patch',
    'rollout',
    'web',
    '--type=merge',
    '--subresource=status',
    '-p',
    '{"status":{"phase":"Progressing","message":"moving"}}',
  ),
  shop('get', 'rollout', 'web'),
  shop('wait', 'rollout/web', '--for=jsonpath={.status.phase}=Progressing', '--timeout=5s'),
  shop('wait', 'rollout/web', '--for=jsonpath={.status.phase}=Healthy', '--timeout=1s'),
  shop('wait', 'rollout/none', '--for=delete', '--timeout=5s'),
  shop('scale', 'rollout/web', '--replicas=4'),
  shop('scale', 'rollout/web', '--replicas=5', '--current-replicas=9'),
  shop('get', 'rollout', 'web', '--subresource=scale', '-o', 'yaml'),
  shop('label', 'rollout', 'web', 'team=a'),
  shop('label', 'rollout', 'web', 'team=b'),
  shop('annotate', 'rollout', 'web', 'note=x', '--overwrite'),
  shop('set', 'image', 'rs/none', 'web=web:2', '--local', '-o', 'name'),
  { args: ['explain', 'rollout.spec.strategy'] },
  { args: ['explain', 'rollout.spec.strategy.canary.steps'] },
  { args: ['explain', 'gitsync', '--recursive'] },
  { args: ['explain', 'configmap.data'] },
  { args: ['explain', 'rollout.spec.nothing'] },
  { args: ['api-resources'], view: served },
  { args: ['api-resources', '--api-group=tidegate.io', '-o', 'wide'] },
  { args: ['api-resources', '--namespaced=false', '--api-group=apiextensions.k8s.io'] },
  {
    args: ['api-versions'],
    view: onlyLines(
      /^(v1|apps|batch|autoscaling\/v2|policy|coordination.*v1$|discovery|events|rbac|authentication.*v1$|authorization|apiextensions|tidegate)/,
    ),
  },
  { args: ['auth', 'can-i', 'create', 'rollouts.tidegate.io', '-n', 'shop'] },
  { args: ['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}'] },
  shop('create', 'token', 'none'),
  { ...shop('create', 'token', 'deployer'), view: (text) => text.replace(/eyJ\S+/, '<jwt>') },
  { args: ['version'], view: onlyLines(/Server/) },
  { args: ['cluster-info'], view: onlyLines(/control plane/) },
  shop('delete', 'configmap', 'made'),
  shop('delete', 'configmap', 'made'),
  shop('delete', 'configmap', 'made', '--ignore-not-found'),
  shop('delete', 'cm', '-l', 'app=web'),
  shop('delete', 'rs', 'none', '--cascade=foreground', '--wait'),
  shop('delete', 'rollout', 'web', '--wait'),
  shop('get', 'rollouts'),
  { args: ['delete', 'namespace', 'shop', '--wait', '--timeout=30s'] },
];
