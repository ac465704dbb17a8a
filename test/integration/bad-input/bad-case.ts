/** What a case of bad input is: what is spoiled, who must tell it, and the parts that the one sentence must have. */

import type { GitFiles } from '../../bed/git-repository.ts';
import type { BadWorld } from './bad-world.ts';
import type { Edit } from './edit.ts';
import type { Part } from './good-app.ts';

/** The parts of the sentence. All must be found in one text, which stands in status, in an event and in what the CLI prints. */
export interface Says {
  readonly object: RegExp;
  readonly field: RegExp;
  readonly found: RegExp;
  readonly allowed: RegExp;
  /** Left out only where the API server's own words, which are not ours to choose, have none. */
  readonly remedy?: RegExp;
}

export type Spoil =
  /** Commits these parts of the app, changed so. */
  | { readonly git: Readonly<Partial<Record<Part, Edit>>> }
  /** Commits these files, relative to the folder of the app (`/` in front: to the root); null removes one. */
  | { readonly files: (namespace: string) => GitFiles }
  /** Changes the GitSync itself. */
  | { readonly sync: Edit }
  /** Applies parts of the app by hand, changed so; there is no GitSync. */
  | { readonly hand: Readonly<Partial<Record<Part, Edit>>> }
  /** Applies the GitSync or the Rollout with kubectl, changed so: the API server itself refuses it. */
  | { readonly door: 'GitSync' | 'Rollout'; readonly edit: Edit }
  /** Sets annotations on the Rollout, which was applied by hand. */
  | { readonly annotate: Readonly<Record<string, string>> };

export interface BadCase {
  /** Also the name of its namespace. */
  readonly name: string;
  readonly spoil: Spoil;
  readonly says: Says;
  /** The object whose status and events tell it: the GitSync, or for what was applied by hand the Rollout. */
  readonly on?: 'GitSync' | 'Rollout';
  /** Kind of the object that the event is about, where it is another one. */
  readonly eventOf?: 'AnalysisRun';
  /** True: nothing good was there before, the first release is the bad one. */
  readonly first?: boolean;
  /** Changes the good app before it is released. */
  readonly base?: Readonly<Partial<Record<Part, Edit>>>;
  /** Further preparation, before the bad input comes. */
  readonly prepare?: (world: BadWorld, namespace: string) => Promise<void>;
  /** Objects that may be new or changed by design, as lines of `changesIn`; each must come with its reason. */
  readonly byDesign?: readonly { readonly change: RegExp; readonly because: string }[];
}

export function namespaceOf(one: Pick<BadCase, 'name'>): string {
  return one.name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 60);
}

/** True when the case has no GitSync. */
export function isByHand({ spoil }: BadCase): boolean {
  return 'hand' in spoil || 'annotate' in spoil || ('door' in spoil && spoil.door === 'Rollout');
}

/** Kind of the object that tells it. */
export function tellerOf(one: BadCase): 'GitSync' | 'Rollout' {
  return one.on ?? (isByHand(one) ? 'Rollout' : 'GitSync');
}

/** The parts that a text lacks. */
export function lacking(text: string, says: Says): readonly string[] {
  return Object.entries(says as unknown as Record<string, RegExp>)
    .filter(([, pattern]) => !pattern.test(text))
    .map(([part, pattern]) => `${part} ${String(pattern)}`);
}
