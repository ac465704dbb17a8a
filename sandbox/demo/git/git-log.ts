/** `git log` in a form that can be read back: commits with parents, tree and trailers. Pure. */

export interface GitCommit {
  readonly sha: string;
  readonly parents: readonly string[];
  readonly tree: string;
  readonly author: string;
  readonly subject: string;
  /** Trailers by key; of a repeated key the last. */
  readonly trailers: Readonly<Record<string, string>>;
}

const fieldEnd = '\u001f';
const commitEnd = '\u001e';
export const logFormat = `${['%H', '%P', '%T', '%an', '%s', '%B'].join('%x1f')}%x1e`;

export const revertTrailer = 'Tidegate-Revert-Of';

export function parseLog(text: string): readonly GitCommit[] {
  return text
    .split(commitEnd)
    .map((one) => one.trim())
    .filter(Boolean)
    .map(commitOf);
}

function commitOf(text: string): GitCommit {
  const [sha = '', parents = '', tree = '', author = '', subject = '', message = ''] = text.split(fieldEnd);
  return { sha, parents: parents.split(' ').filter(Boolean), tree, author, subject, trailers: trailersOf(message) };
}

/** The last paragraph, when it is made of `Key: value` lines only. */
function trailersOf(message: string): Readonly<Record<string, string>> {
  const last =
    message
      .trim()
      .split(/\n\s*\n/)
      .at(-1) ?? '';
  const lines = last.split('\n').map((line) => /^([A-Za-z][A-Za-z0-9-]*): (.*)$/.exec(line));
  return Object.fromEntries(lines.flatMap((match) => (match === null ? [] : [[match[1] ?? '', match[2] ?? '']])));
}

export function isRevert(commit: GitCommit): boolean {
  return commit.trailers[revertTrailer] !== undefined;
}
