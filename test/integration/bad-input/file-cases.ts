/** Files that are no set of objects, and sets that this GitSync may not apply: the commit is held as a whole. */

import type { BedObject } from '../../bed/api.ts';
import { gitSync } from '../../e2e/rights.ts';
import type { BadCase } from './bad-case.ts';
import { yaml } from './good-app.ts';

function configMap(name: string, more: Readonly<Record<string, unknown>> = {}): string {
  return yaml({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...more }, data: { A: 'b' } });
}

/** Each level stands for nine of the one before: a billion in the end. */
function aliasBomb(): string {
  const levels = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];
  const lines = levels.map((name, index) => {
    const before = levels[index - 1];
    const items = Array.from({ length: 9 }, () => (before === undefined ? '"lol"' : `*${before}`));
    return `${name}: &${name} [${items.join(', ')}]`;
  });
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bomb}\n${lines.join('\n')}\n`;
}

const kustomization = (resource: string): string =>
  `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n  - rollout.yaml\n  - ${resource}\n`;

export const fileCases: readonly BadCase[] = [
  {
    name: 'yaml alias bomb',
    spoil: { files: () => ({ 'bomb.yaml': aliasBomb() }) },
    says: {
      object: /bomb\.yaml/,
      field: /:\d+/,
      found: /aliases expand/,
      allowed: /more than an object can hold/,
      remedy: /write|remove|correct/,
    },
  },
  {
    name: 'duplicate key',
    spoil: {
      files: () => ({
        'more.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: more\ndata:\n  A: b\ndata:\n  A: c\n',
      }),
    },
    says: { object: /more\.yaml/, field: /:7/, found: /"data"/, allowed: /duplicate|once/i, remedy: /remove|correct/ },
  },
  {
    name: 'yaml that does not parse',
    spoil: { files: () => ({ 'more.yaml': 'apiVersion: v1\nkind: [ConfigMap\n' }) },
    says: {
      object: /more\.yaml/,
      field: /:\d+/,
      found: /unexpected end of the stream within a flow collection/,
      allowed: /can't be read/,
      remedy: /correct the file/,
    },
  },
  {
    name: 'document that is no object',
    spoil: { files: () => ({ 'more.yaml': 'just a line of text\n' }) },
    says: {
      object: /more\.yaml:1/,
      field: /the document/,
      found: /a string/,
      allowed: /object with apiVersion, kind and metadata/,
      remedy: /correct|remove/,
    },
  },
  {
    name: 'object without a kind',
    spoil: { files: () => ({ 'more.yaml': 'apiVersion: v1\nmetadata:\n  name: more\n' }) },
    says: { object: /more\.yaml:1/, field: /"kind"/, found: /no "kind"/, allowed: /needs/, remedy: /add/ },
  },
  {
    name: 'object without a name',
    spoil: { files: () => ({ 'more.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  generateName: more-\n' }) },
    says: {
      object: /more\.yaml:1: the ConfigMap/,
      field: /metadata\.name/,
      found: /no "metadata\.name"/,
      allowed: /generateName is not allowed/,
      remedy: /give it a name/,
    },
  },
  {
    name: 'two objects of the same name',
    spoil: { files: () => ({ 'more.yaml': configMap('web-config') }) },
    says: {
      object: /ConfigMap\/web-config/,
      field: /more\.yaml:1/,
      found: /a second time/,
      allowed: /the first is in .*config\.yaml:1/,
      remedy: /Remove one/,
    },
  },
  {
    name: 'unknown kind',
    spoil: {
      files: () => ({ 'more.yaml': 'apiVersion: shop.example/v1\nkind: Basket\nmetadata:\n  name: more\n' }),
    },
    says: {
      object: /Basket [a-z-]+\/more/,
      field: /Basket\.shop\.example/,
      found: /does not know Basket\.shop\.example/,
      allowed: /its CRD is not installed/,
      remedy: /install what it needs first, or remove the object/,
    },
  },
  {
    name: 'cluster-scoped kind',
    spoil: {
      files: () => ({
        'more.yaml': yaml({
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'ClusterRole',
          metadata: { name: 'bad-input-all' },
          rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
        }),
      }),
    },
    says: {
      object: /ClusterRole bad-input-all/,
      field: /ServiceAccount [a-z-]+\/tidegate-deployer/,
      found: /lacks the right/,
      allowed: /clusterroles\.rbac\.authorization\.k8s\.io at the cluster scope/,
      remedy: /grant it .* or remove the object/,
    },
  },
  {
    name: 'object in a foreign namespace',
    spoil: { files: () => ({ 'more.yaml': configMap('more', { namespace: 'default' }) }) },
    says: {
      object: /ConfigMap default\/more/,
      field: /metadata\.namespace/,
      found: /"default"/,
      allowed: /only apply objects of its own namespace "object-in-a-foreign-namespace"/,
      remedy: /remove the field, or give that namespace a GitSync of its own/,
    },
  },
  {
    name: 'right that the account lacks',
    spoil: {
      files: () => ({
        'more.yaml': yaml({
          apiVersion: 'networking.k8s.io/v1',
          kind: 'NetworkPolicy',
          metadata: { name: 'more' },
          spec: { podSelector: {} },
        }),
      }),
    },
    says: {
      object: /NetworkPolicy [a-z-]+\/more/,
      field: /ServiceAccount [a-z-]+\/tidegate-deployer/,
      found: /lacks the right (get|patch)/,
      allowed: /networkpolicies\.networking\.k8s\.io in namespace right-that-the-account-lacks/,
      remedy: /grant it by a Role and a RoleBinding/,
    },
  },
  {
    name: 'encrypted Secret without a key',
    spoil: {
      files: () => ({
        'secret.yaml': `apiVersion: v1
kind: Secret
metadata:
  name: more
stringData:
  password: ENC[AES256_GCM,data:Tr7o=,iv:1=,aad:No=,tag:k=,type:str]
sops:
  lastmodified: "2026-01-01T00:00:00Z"
  mac: ENC[AES256_GCM,data:zz=,iv:1=,aad:No=,tag:k=,type:str]
  version: 3.9.0
`,
      }),
    },
    says: {
      object: /Secret\/more/,
      field: /secret\.yaml:1/,
      found: /encrypted/,
      allowed: /without a key|not supported yet/,
      remedy: /create|remove/,
    },
  },
  {
    name: 'Secret that is not base64',
    spoil: {
      files: () => ({
        'secret.yaml': 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: more\ndata:\n  password: "hunter 2!"\n',
      }),
    },
    says: {
      object: /Secret [a-z0-9-]+\/more/,
      field: /data|the Secret/,
      found: /not accepted by the API server/,
      allowed: /kubectl apply --dry-run=server/,
      remedy: /data is base64/,
    },
    byDesign: [
      {
        change: /^Secret \/tidegate-config-digest-key is new$/,
        because: 'the key of digests is made once, before any Secret is looked at',
      },
    ],
  },
  {
    name: 'kustomization with a remote base',
    spoil: {
      files: () => ({ 'kustomization.yaml': kustomization('https://github.com/example/base?ref=main') }),
    },
    says: {
      object: /kustomization\.yaml/,
      field: /resources\[1\]/,
      found: /"https:\/\/github\.com\/example\/base\?ref=main"/,
      allowed: /only what lies in the repository/,
      remedy: /copy it there/,
    },
  },
  {
    name: 'kustomization out of the closure',
    spoil: {
      files: () => ({
        'kustomization.yaml': kustomization('../../shared/base.yaml'),
        '/shared/base.yaml': configMap('base'),
      }),
    },
    says: {
      object: /kustomization\.yaml/,
      field: /resources\[1\]/,
      found: /"\.\.\/\.\.\/shared\/base\.yaml"/,
      allowed: /leads out of spec\.path and spec\.alsoPaths, to shared\/base\.yaml/,
      remedy: /add that path to spec\.alsoPaths/,
    },
  },
  {
    name: 'kustomization that names a missing file',
    spoil: { files: () => ({ 'kustomization.yaml': kustomization('deploy.yaml') }) },
    says: {
      object: /kustomization\.yaml/,
      field: /resources\[1\]/,
      found: /"deploy\.yaml"/,
      allowed: /does not exist/,
      remedy: /add|correct|remove/,
    },
  },
  {
    name: 'kustomization that does not build',
    spoil: {
      files: () => ({
        'kustomization.yaml': `${kustomization('config.yaml')}patches:\n  - target: {kind: Deployment, name: nothing}\n    patch: |-\n      - op: replace\n        path: /spec/nothing\n        value: 1\nnamePrefx: a-\n`,
      }),
    },
    says: {
      object: /kustomization\.yaml/,
      field: /namePrefx/,
      found: /unknown field/,
      allowed: /kustomize build failed/,
      remedy: /correct/,
    },
  },
  {
    name: 'symlink out of the closure',
    spoil: { files: () => ({ 'more.yaml': { content: '../../../../etc/passwd', mode: '120000' } }) },
    says: {
      object: /more\.yaml/,
      field: /symbolic link/,
      found: /\.\.\/\.\.\/\.\.\/\.\.\/etc\/passwd/,
      allowed: /outside spec\.path and spec\.alsoPaths/,
      remedy: /add that path to spec\.alsoPaths or commit the file itself/,
    },
  },
  {
    name: 'path without objects',
    spoil: {
      files: () => ({
        'config.yaml': null,
        'stable.yaml': null,
        'canary.yaml': null,
        'checks.yaml': null,
        'rollout.yaml': null,
        'readme.md': 'nothing here\n',
      }),
    },
    says: {
      object: /cases\/path-without-objects/,
      field: /Path|spec\.path/,
      found: /no Kubernetes objects/,
      allowed: /\*\.yaml, \*\.yml or \*\.json/,
      remedy: /correct|delete/,
    },
  },
  {
    name: 'path that is removed',
    spoil: {
      files: () => ({
        'config.yaml': null,
        'stable.yaml': null,
        'canary.yaml': null,
        'checks.yaml': null,
        'rollout.yaml': null,
      }),
    },
    says: {
      object: /GitSync path-that-is-removed\/web/,
      field: /spec\.path/,
      found: /"cases\/path-that-is-removed", which does not exist in commit/,
      allowed: /directory of the repository/,
      remedy: /correct the path, or push the directory/,
    },
  },
  {
    name: 'record kept by the controller',
    spoil: {
      files: () => ({
        'more.yaml': yaml({
          apiVersion: 'tidegate.io/v1alpha1',
          kind: 'Release',
          metadata: { name: 'web-forged' },
          spec: {},
        }),
      }),
    },
    says: {
      object: /Release [a-z-]+\/web-forged/,
      field: /kind/,
      found: /is Release/,
      allowed: /only the controller writes/,
      remedy: /remove the manifest from Git/,
    },
  },
  {
    name: 'object of another GitSync',
    prepare: async (world, namespace) => {
      const other = gitSync({
        name: 'other',
        namespace,
        repository: world.bed.git.url('apps'),
        path: `nowhere/${namespace}`,
        mode: 'report',
      });
      const [stored] = (await world.bed.cluster.api.apply({
        ...other,
        spec: { ...(other['spec'] as object), suspend: true },
      } as BedObject)) as { metadata: { uid: string } }[];
      await world.bed.cluster.api.apply({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'theirs', namespace, labels: { 'tidegate.io/git-sync': stored?.metadata.uid ?? '' } },
        data: { A: 'a' },
      });
    },
    spoil: { files: () => ({ 'more.yaml': configMap('theirs') }) },
    says: {
      object: /ConfigMap [a-z-]+\/theirs/,
      field: /label tidegate\.io\/git-sync/,
      found: /GitSync [a-z-]+\/other/,
      allowed: /one GitSync only \(OwnedByOther\)/,
      remedy: /remove it from one of the two paths/,
    },
  },
  {
    name: 'Service with an impossible port',
    spoil: { git: { stable: { 'spec.ports.0.port': 70_000 } } },
    says: {
      object: /Service [a-z-]+\/web-stable/,
      field: /spec\.ports\[0\]\.port/,
      found: /is 70000/,
      allowed: /between 1 and 65535/,
      remedy: /correct it in Git/,
    },
  },
  {
    name: 'name that is none',
    spoil: { files: () => ({ 'more.yaml': configMap('Web_Config') }) },
    says: {
      object: /ConfigMap [a-z-]+\/Web_Config/,
      field: /metadata\.name/,
      found: /"Web_Config"/,
      allowed: /RFC 1123/,
      remedy: /correct it in Git/,
    },
  },
  {
    name: 'first commit is bad',
    first: true,
    spoil: { git: { rollout: { 'spec.strategy.canary.steps.0.setWeight': 101 } } },
    says: {
      object: /Rollout first-commit-is-bad\/web:/,
      field: /steps\[0\]\.setWeight/,
      found: /is 101/,
      allowed: /0 to 100/,
      remedy: /lower it/,
    },
  },
];
