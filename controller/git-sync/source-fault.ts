/** What a fault of the source process means to the author of the GitSync: which field holds what, and what to do about it. Pure. */

import type { GitSync } from '../../crds/schema/git-sync.ts';
import { objectText, problem, valueText } from '../../crds/schema/problem.ts';
import type { FaultKind } from '../../source/contract.ts';

/** One sentence. What may pass by itself keeps the words of the source. */
export function faultSentence(sync: GitSync, fault: { readonly kind: FaultKind; readonly message: string }): string {
  const blamed = blame(sync, fault);
  if (blamed === undefined) return fault.message;
  return problem({ object: objectText(sync), ...blamed, allowed: clause(fault.message) }).message;
}

interface Blame {
  readonly field: string;
  readonly found: string;
  readonly remedy: string;
}

function blame(sync: GitSync, { kind, message }: { kind: FaultKind; message: string }): Blame | undefined {
  const { repository, branch, credentials } = sync.spec;
  const at = (remedy: string): Blame => ({ field: 'spec.repository', found: valueText(repository), remedy });
  switch (kind) {
    case 'not-found':
      return message.includes('has no branch')
        ? { field: 'spec.branch', found: valueText(branch), remedy: 'push that branch or correct the name' }
        : at('correct the URL, or name credentials that may read it');
    case 'auth': {
      const { secretName } = credentials ?? {};
      const remedy = secretName === undefined ? 'name a Secret that may read it' : 'correct what the Secret holds';
      return { field: 'spec.credentials.secretName', found: valueText(secretName), remedy };
    }
    case 'refused':
      return at('use a repository that the operator allows');
    case 'too-large':
      return at('make it smaller, or ask the operator to raise the limit');
    case 'unreachable':
    case 'timeout':
    case 'internal':
      return undefined;
  }
}

/** A sentence as a clause of another. */
function clause(sentence: string): string {
  return sentence.replace(/\.$/, '').replace(/^Repository /, 'repository ');
}
