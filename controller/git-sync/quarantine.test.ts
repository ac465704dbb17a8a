/** The key of the quarantine is the Rollout with its namespace and the revision; the sentence says who brought it again. */

import { expect, it } from 'vitest';
import { quarantineHits, quarantineSentence, quarantineWith, quarantineWithout } from './quarantine.ts';

const failed = (namespace: string | undefined) => ({
  rollout: 'web',
  templateHash: 'h1',
  cause: 'CrashLoop' as const,
  message: 'it crashed',
  ...(namespace === undefined ? {} : { namespace }),
});
const found = { commit: 'a'.repeat(40), since: '2026-01-01T00:00:00Z', home: 'shop' };

it('a Rollout of the same name in another namespace is another Rollout', () => {
  const entries = quarantineWith([], [failed('elsewhere')], found);

  expect(entries[0]?.rollout).toBe('elsewhere/web');
  expect(quarantineHits(entries, [{ name: 'web', namespace: 'shop', templateHash: 'h1' }], 'shop')).toEqual([]);
  expect(quarantineHits(entries, [{ name: 'web', namespace: 'elsewhere', templateHash: 'h1' }], 'shop')).toHaveLength(
    1,
  );
});

it('the own namespace is left out of the name, and the same failure stands there once', () => {
  const entries = quarantineWith(quarantineWith([], [failed('shop')], found), [failed(undefined)], found);

  expect(entries.map((one) => one.rollout)).toEqual(['web']);
  expect(quarantineWithout(entries, [{ name: 'web', namespace: 'shop', templateHash: 'h1' }], 'shop')).toEqual([]);
});

it('names the author, who may be a bot that bumps the same image again', () => {
  const [hit] = quarantineWith([], [failed('shop')], found);
  const tip = { commit: 'b'.repeat(40), author: 'image-bot <bot@example.com>' };

  expect(hit && quarantineSentence(tip, hit)).toContain('Commit bbbbbbb by image-bot <bot@example.com> is held');
});
