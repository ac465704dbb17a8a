/** What a mutant is: one deliberate defect of the controller, as a change of its source text at load time. */

import type { InvariantId } from '../observer/invariant.ts';
import type { SituationName } from './situation-names.ts';

export interface Patch {
  /** Relative to the repository. */
  readonly file: string;
  /** Must stand in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

export interface Mutant {
  readonly id: string;
  /** Any of these must be reported; others may be, too. */
  readonly breaks: readonly InvariantId[];
  readonly patches: readonly Patch[];
  readonly situation: SituationName;
  /** What users would suffer. */
  readonly why: string;
}

/** The text with the patches of its file. @throws when a text to be replaced is not there exactly once: the mutant is stale. */
export function patched(mutant: Mutant, file: string, source: string): string {
  let text = source;
  for (const { find, replace } of mutant.patches.filter((one) => one.file === file)) {
    const count = text.split(find).length - 1;
    if (count !== 1)
      throw new Error(
        `mutant ${mutant.id} is stale: "${find.split('\n')[0]}" stands ${count} times in ${file}, not once`,
      );
    // A function, since `$` has a meaning in a text.
    text = text.replace(find, () => replace);
  }
  return text;
}
