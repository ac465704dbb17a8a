import { describe, expect, it } from 'vitest';
import type { GitCommit } from '../git/git-log.ts';
import { type Evidence, prove } from './proof.ts';

function commit(sha: string, tree: string, parent: string, trailers: GitCommit['trailers'] = {}): GitCommit {
  return { sha, tree, parents: [parent], author: 'a', subject: 's', trailers };
}

const good = commit('good', 'tree-good', 'root');
const bad = commit('bad', 'tree-bad', 'good');
const revert = commit('revert', 'tree-good', 'bad', { 'Tidegate-Revert-Of': 'bad' });
const answers = (version: string, code = 200, count = 40) => Array.from({ length: count }, () => ({ version, code }));

const rolledBack: Evidence = {
  expected: 'RolledBack',
  logBefore: [good],
  logAfter: [revert, bad, good],
  pushed: 'bad',
  shares: [{ canaryPct: 20, requests: 100, sharePct: 20 }],
  newRequests: 31,
  newRequestsAfterEnd: 0,
  lastAnswers: answers('1.1.0'),
  newVersion: '1.2.0',
  oldVersion: '1.1.0',
};

const promoted: Evidence = {
  ...rolledBack,
  expected: 'Promoted',
  logAfter: [bad, good],
  shares: [
    { canaryPct: 20, requests: 100, sharePct: 21 },
    { canaryPct: 50, requests: 100, sharePct: 49 },
  ],
  lastAnswers: answers('1.2.0'),
};

describe('the proof of a rollback', () => {
  it('is one revert with the good content, and no request to the bad version any more', () => {
    expect(prove(rolledBack)).toEqual({
      outcome: 'RolledBack',
      problems: [],
      revertCommit: 'revert',
      headTreeEqualsGood: true,
    });
  });

  it.each<[string, Partial<Evidence>, string]>([
    ['no revert', { logAfter: [bad, good] }, 'The branch has 0 new revert commits instead of 1.'],
    [
      'two reverts',
      { logAfter: [{ ...revert, sha: 'second' }, revert, bad, good] },
      'The branch has 2 new revert commits instead of 1.',
    ],
    [
      'a revert of something else',
      { logAfter: [{ ...revert, trailers: { 'Tidegate-Revert-Of': 'x' } }, bad, good] },
      'No revert names bad in Tidegate-Revert-Of.',
    ],
    [
      'other content',
      { logAfter: [{ ...revert, tree: 'other' }, bad, good] },
      'The content of the branch is not that of the last good commit.',
    ],
    [
      'an unrelated commit',
      { logAfter: [revert, commit('x', 't', 'bad'), bad, good] },
      'There are other new commits than the pushed one and its revert.',
    ],
    [
      'a bad version that nobody saw',
      { newRequests: 0 },
      'The gateway sent no request to the bad version, so nothing was caught.',
    ],
    ['traffic that goes on', { newRequestsAfterEnd: 2 }, 'The gateway still sent 2 requests to the bad version.'],
    [
      'users who get errors',
      { lastAnswers: answers('1.1.0', 500, 20) },
      '20 of the last 20 answers were not 200 from version 1.1.0.',
    ],
    ['users who get nothing', { lastAnswers: [] }, 'Only 0 users were answered at the end.'],
  ])('fails with %s', (_, change, sentence) => {
    const proof = prove({ ...rolledBack, ...change });

    expect(proof.outcome).toBe('Unexpected');
    expect(proof.problems).toContain(sentence);
  });
});

describe('the proof of a promotion', () => {
  it('is both shares as asked for, then everybody on the new version, and Git as pushed', () => {
    expect(prove(promoted)).toMatchObject({ outcome: 'Promoted', revertCommit: null, headTreeEqualsGood: true });
  });

  it.each<[string, Partial<Evidence>, string]>([
    ['a revert', { logAfter: [revert, bad, good] }, 'There is a revert commit.'],
    ['a step that was skipped', { shares: [] }, 'The gateway served 0 weights between none and all instead of 2.'],
    [
      'another share',
      { shares: [{ canaryPct: 20, requests: 100, sharePct: 45 }] },
      'At 20 % the canary got 45 % of 100 requests.',
    ],
    [
      'users of the old version',
      { lastAnswers: answers('1.1.0', 200, 20) },
      '20 of the last 20 answers were not 200 from version 1.2.0.',
    ],
    [
      'a gate that was passed by itself',
      { gate: { promoted: true, weightPct: 20, highestSharePct: 50 } },
      'The gate stood at 20 %, and the canary got 50 % before anybody promoted.',
    ],
    [
      'a gate that nobody came to',
      { gate: { promoted: true, weightPct: 20, highestSharePct: undefined } },
      'Too few requests came before anybody promoted to tell whether the gate stood.',
    ],
    [
      'a command that failed',
      { gate: { promoted: false, weightPct: 20, highestSharePct: 21 } },
      'The command at the gate was not carried out.',
    ],
  ])('fails with %s', (_, change, sentence) => {
    const proof = prove({ ...promoted, ...change });

    expect(proof.outcome).toBe('Unexpected');
    expect(proof.problems).toContain(sentence);
  });
});
