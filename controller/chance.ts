/** Everything that happens by chance in the controller: jitter, terms, names of a process, keys. A test passes one with a seed. */

import { randomBytes, randomUUID } from 'node:crypto';

export interface Chance {
  /** 0 to 1, as Math.random. */
  number(): number;
  bytes(size: number): Uint8Array;
  /** A text that no other process has. */
  id(): string;
}

export const realChance: Chance = {
  number: () => Math.random(),
  bytes: (size) => randomBytes(size),
  id: () => randomUUID(),
};
