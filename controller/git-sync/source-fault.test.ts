/** A fault that needs a person names the field to change. */

import { describe, expect, it } from 'vitest';
import { aGitSync } from '../../crds/schema/testing/builders.ts';
import { faultSentence } from './source-fault.ts';

const url = 'https://git.example.com/shop.git';
const sync = aGitSync({ repository: url, branch: 'main', credentials: { secretName: 'git-access' } });

describe('faultSentence', () => {
  it.each([
    [
      'a branch that is not there',
      { kind: 'not-found', message: `Repository ${url} has no branch "main".` },
      `GitSync shop/shop: spec.branch is "main", but repository ${url} has no branch "main": push that branch or correct the name.`,
    ],
    [
      'a repository that is not there',
      {
        kind: 'not-found',
        message: `Repository ${url} does not exist or these credentials may not see it: not found.`,
      },
      `GitSync shop/shop: spec.repository is "${url}", but repository ${url} does not exist or these credentials may not see it: not found: correct the URL, or name credentials that may read it.`,
    ],
    [
      'credentials that are not accepted',
      { kind: 'auth', message: `Repository ${url} does not accept the credentials: denied.` },
      `GitSync shop/shop: spec.credentials.secretName is "git-access", but repository ${url} does not accept the credentials: denied: correct what the Secret holds.`,
    ],
    [
      'what passes by itself',
      { kind: 'unreachable', message: `Repository ${url} can't be reached: refused.` },
      `Repository ${url} can't be reached: refused.`,
    ],
  ] as const)('%s', (_name, fault, sentence) => {
    expect(faultSentence(sync, fault)).toBe(sentence);
  });
});
