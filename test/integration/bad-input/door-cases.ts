/** What the API server itself refuses, by the rules of the definitions: kubectl says why, and nothing is stored. */

import type { BadCase } from './bad-case.ts';

const canary = 'spec.strategy.canary';

export const doorCases: readonly BadCase[] = [
  {
    name: 'door weight -1',
    spoil: { door: 'Rollout', edit: { [`${canary}.steps.0.setWeight`]: -1 } },
    says: {
      object: /Rollout.* "web" is invalid/,
      field: /spec\.strategy\.canary\.steps\[0\]\.setWeight/,
      found: /-1/,
      allowed: /setWeight is below 0/,
      remedy: /use 0 or more/,
    },
  },
  {
    name: 'door weight 101',
    spoil: { door: 'Rollout', edit: { [`${canary}.steps.0.setWeight`]: 101 } },
    says: {
      object: /Rollout.* "web" is invalid/,
      field: /spec\.strategy\.canary/,
      found: /setWeight of a step is out of range/,
      allowed: /or to maxTrafficWeight where that is set/,
      remedy: /use 0 to 100/,
    },
  },
  {
    name: 'door both strategies',
    spoil: { door: 'Rollout', edit: { 'spec.strategy.blueGreen': { activeService: 'web-stable' } } },
    says: {
      object: /Rollout.* "web" is invalid/,
      field: /spec\.strategy/,
      found: /Invalid value/,
      allowed: /exactly one of canary, blueGreen/,
      remedy: /set exactly one/,
    },
  },
  {
    name: 'door unknown field',
    spoil: { door: 'Rollout', edit: { 'spec.replicass': 2 } },
    says: {
      object: /Rollout/,
      field: /spec\.replicass/,
      found: /unknown field/,
      allowed: /strict decoding error/,
    },
  },
  {
    name: 'door wrong type',
    spoil: { door: 'Rollout', edit: { 'spec.replicas': 'two' } },
    says: {
      object: /Rollout.* "web" is invalid/,
      field: /spec\.replicas/,
      found: /"string"/,
      allowed: /must be of type integer/,
    },
  },
  {
    name: 'door changed selector',
    spoil: { door: 'Rollout', edit: { 'spec.selector.matchLabels.tier': 'front' } },
    says: {
      object: /Rollout.* "web" is invalid/,
      field: /spec\.selector/,
      found: /Invalid value/,
      allowed: /cannot be changed/,
      remedy: /make a new Rollout instead/,
    },
  },
  {
    name: 'door without revert mode',
    first: true,
    spoil: { door: 'GitSync', edit: { 'spec.revert.mode': undefined } },
    says: {
      object: /GitSync.* "web" is invalid/,
      field: /spec\.revert\.mode/,
      found: /spec\.revert\.mode: Required value/,
      allowed: /Required value/,
    },
  },
  {
    name: 'door bad interval',
    spoil: { door: 'GitSync', edit: { 'spec.interval': 'often' } },
    says: {
      object: /GitSync.* "web" is invalid/,
      field: /spec\.interval/,
      found: /"often"|"string"/,
      allowed: /not a duration of at least 1s/,
      remedy: /write a number and a unit, such as 30s/,
    },
  },
  {
    name: 'door path out of the closure',
    spoil: { door: 'GitSync', edit: { 'spec.path': '../other' } },
    says: {
      object: /GitSync.* "web" is invalid/,
      field: /spec\.path/,
      found: /Invalid value/,
      allowed: /leads out of the repository/,
      remedy: /give a path relative to its root/,
    },
  },
  {
    name: 'door branch that is none',
    spoil: { door: 'GitSync', edit: { 'spec.branch': 'a..b' } },
    says: {
      object: /GitSync.* "web" is invalid/,
      field: /spec\.branch/,
      found: /Invalid value/,
      allowed: /not a valid branch name/,
      remedy: /give the short name, such as main/,
    },
  },
  {
    name: 'door password in the address',
    spoil: { door: 'GitSync', edit: { 'spec.repository': 'https://bot:hunter2@git.example.com/apps.git' } },
    says: {
      object: /GitSync.* "web" is invalid/,
      field: /spec\.repository/,
      found: /has a password in its URL/,
      allowed: /put it into a Secret/,
      remedy: /name that in credentials\.secretName/,
    },
  },
];
