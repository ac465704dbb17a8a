/** What edge sends to every controller: "look at this branch now". A hint carries no content, so a forged one costs one look. */

import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/** Where controllers take hints: POST with `Authorization: Bearer <shared token>`. */
export const hintPath = '/hints';
export const maxHintBytes = 16 * 1024;

export const Hint = z.strictObject({
  /** Any spelling of the address; compared by `repositoryKey`. */
  repository: z.string().min(1).max(2048),
  branch: z.string().min(1).max(255),
});
export type Hint = z.infer<typeof Hint>;

/** Compares in a time that tells neither content nor length. An empty wanted text never matches. */
export function isSameSecret(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();
  return timingSafeEqual(digest(given), digest(wanted)) && wanted !== '';
}
