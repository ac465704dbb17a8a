/** A GitSync that can't be followed says which of its fields is wrong, and what it applied stays as it is. */

import type { BadCase } from './bad-case.ts';

const object = /GitSync [a-z0-9-]+\/web:/;

export const gitSyncCases: readonly BadCase[] = [
  {
    name: 'repository that does not exist',
    spoil: { sync: { 'spec.repository': 'SERVER/nothing.git' } },
    says: {
      object,
      field: /spec\.repository/,
      found: /"http:\/\/127\.0\.0\.1:\d+\/nothing\.git"/,
      allowed: /does not exist or these credentials may not see it/,
      remedy: /correct the URL, or name credentials that may read it/,
    },
  },
  {
    name: 'branch that does not exist',
    spoil: { sync: { 'spec.branch': 'mian' } },
    says: {
      object,
      field: /spec\.branch/,
      found: /"mian"/,
      allowed: /repository http:\S+ has no branch "mian"/,
      remedy: /push that branch or correct the name/,
    },
  },
  {
    name: 'path that does not exist',
    spoil: { sync: { 'spec.path': 'cases/nothing' } },
    says: {
      object,
      field: /spec\.path/,
      found: /"cases\/nothing", which does not exist in commit/,
      allowed: /must be a directory of the repository/,
      remedy: /correct the path, or push the directory/,
    },
  },
  {
    name: 'further path that does not exist',
    spoil: { sync: { 'spec.alsoPaths': ['shared/nothing'] } },
    says: {
      object,
      field: /spec\.alsoPaths\[0\]/,
      found: /"shared\/nothing", which does not exist in commit/,
      allowed: /must be a directory of the repository/,
      remedy: /correct the path, or push the directory/,
    },
  },
  {
    name: 'wrong credentials',
    prepare: async (world, namespace) => {
      await world.bed.cluster.api.apply({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'git-wrong', namespace },
        stringData: { token: 'hunter2-is-wrong' },
      });
    },
    spoil: { sync: { 'spec.credentials.secretName': 'git-wrong' } },
    says: {
      object,
      field: /spec\.credentials\.secretName/,
      found: /"git-wrong"/,
      allowed: /does not accept the credentials/,
      remedy: /correct what the Secret holds/,
    },
  },
  {
    name: 'no credentials',
    spoil: { sync: { 'spec.credentials': undefined } },
    says: {
      object,
      field: /spec\.credentials\.secretName/,
      found: /is unset/,
      allowed: /credentials/,
      remedy: /name a Secret that may read it/,
    },
  },
  {
    name: 'credentials Secret that does not exist',
    spoil: { sync: { 'spec.credentials.secretName': 'git-acess' } },
    says: {
      object,
      field: /spec\.credentials\.secretName/,
      found: /"git-acess", which does not exist in namespace/,
      allowed: /must name a Secret there/,
      remedy: /create it or correct the name/,
    },
  },
  {
    name: 'credentials Secret with other keys',
    prepare: async (world, namespace) => {
      await world.bed.cluster.api.apply({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'git-other', namespace },
        stringData: { passwort: 'hunter2' },
      });
    },
    spoil: { sync: { 'spec.credentials.secretName': 'git-other' } },
    says: {
      object,
      field: /spec\.credentials\.secretName/,
      found: /"git-other", which has passwort/,
      allowed: /needs token, or username and password, or sshPrivateKey and knownHosts/,
      remedy: /add the keys that are missing/,
    },
  },
  {
    name: 'service account that does not exist',
    spoil: { sync: { 'spec.serviceAccountName': 'tidegate-deployer-2' } },
    says: {
      object,
      field: /spec\.serviceAccountName/,
      found: /"tidegate-deployer-2"/,
      allowed: /operator decides|must name a ServiceAccount/,
      remedy: /use the agreed account name|create it or correct the name/,
    },
  },
  {
    name: 'service account of that name is missing',
    first: true,
    prepare: async (world, namespace) => {
      await world.bed.cluster.api.request(
        'DELETE',
        `/api/v1/namespaces/${namespace}/serviceaccounts/tidegate-deployer`,
      );
    },
    spoil: { sync: {} },
    says: {
      object,
      field: /spec\.serviceAccountName/,
      found: /"tidegate-deployer", which does not exist in namespace/,
      allowed: /must name a ServiceAccount of the same namespace/,
      remedy: /create it or correct the name/,
    },
  },
  {
    name: 'account of somebody else',
    prepare: async (world, namespace) => {
      await world.bed.cluster.api.apply({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'cluster-admin', namespace },
      });
    },
    spoil: { sync: { 'spec.serviceAccountName': 'cluster-admin' } },
    says: {
      object,
      field: /spec\.serviceAccountName/,
      found: /"cluster-admin", for which the controller may not make tokens/,
      allowed: /the operator decides for which accounts it may/,
      remedy: /use the agreed account name, or ask the operator/,
    },
  },
  {
    name: 'observing is not supported yet',
    spoil: { sync: { 'spec.sync': 'observe' } },
    says: {
      object,
      field: /not supported yet: spec\.sync/,
      found: /is "observe"/,
      allowed: /must be "apply"/,
      remedy: /change it/,
    },
  },
  {
    name: 'pull requests are not supported yet',
    spoil: { sync: { 'spec.revert.mode': 'pullRequest' } },
    says: {
      object,
      field: /not supported yet: spec\.revert\.mode/,
      found: /is "pullRequest"/,
      allowed: /must be "push" or "report"/,
      remedy: /change it/,
    },
  },
  {
    name: 'repository on the disk of the controller',
    spoil: { sync: { 'spec.repository': 'file:///srv/git/apps.git', 'spec.credentials': undefined } },
    says: {
      object,
      field: /spec\.repository/,
      found: /"file:\/\/\/srv\/git\/apps\.git"/,
      allowed: /the operator does not allow file URLs/,
      remedy: /use https or ssh/,
    },
  },
  {
    name: 'repository at an address that is refused',
    spoil: { sync: { 'spec.repository': 'http://169.254.169.254/apps.git' } },
    says: {
      object,
      field: /spec\.repository/,
      found: /"http:\/\/169\.254\.169\.254\/apps\.git"/,
      allowed: /link-local|metadata/,
      remedy: /use a repository that the operator allows/,
    },
  },
];
