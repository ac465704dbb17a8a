/** Checks names that users give: branches by the rules of git's check-ref-format, paths inside a repository by ours. */

export type Checked<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'refused'; readonly why: string };

const MAX_BRANCH_LENGTH = 244;
const MAX_PATH_LENGTH = 1024;

/** A branch name, without `refs/heads/`. Refuses what git refuses, and a leading `-` or any `:`, which would change the meaning of a command or refspec. */
export function checkBranch(branch: string): Checked<string> {
  const why = branchProblem(branch);
  if (why === undefined) return { kind: 'ok', value: branch };
  return {
    kind: 'refused',
    why: `Branch ${quote(branch)} is not a valid branch name: ${why}. Give the name as in "main" or "release/1.2".`,
  };
}

function branchProblem(branch: string): string | undefined {
  if (branch === '') return 'it is empty';
  if (branch.length > MAX_BRANCH_LENGTH) return `it is longer than ${MAX_BRANCH_LENGTH} characters`;
  if (branch.startsWith('-')) return 'it starts with "-"';
  if (branch === '@' || branch.includes('@{')) return 'it has "@" where git gives it another meaning';
  const forbidden = /[\p{Cc} ~^:?*[\\]/u.exec(branch);
  if (forbidden !== null) return `it has ${quote(forbidden[0])}`;
  if (branch.includes('..')) return 'it has ".."';
  if (branch.endsWith('.')) return 'it ends with "."';
  const parts = branch.split('/');
  if (parts.includes('')) return 'it has an empty part between slashes';
  if (parts.some((part) => part.startsWith('.'))) return 'a part of it starts with "."';
  if (parts.some((part) => part.endsWith('.lock'))) return 'a part of it ends with ".lock"';
  return undefined;
}

/** A path inside a repository, normalised: no leading `./`, no trailing `/`, `.` for the whole repository. */
export function checkPath(path: string): Checked<string> {
  const trimmed = path.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '');
  const normal = trimmed === '' && path !== '' && !path.startsWith('/') ? '.' : trimmed;
  const why = pathProblem(normal, path);
  if (why === undefined) return { kind: 'ok', value: normal };
  return {
    kind: 'refused',
    why: `Path ${quote(path)} can't be used: ${why}. Give a path inside the repository, as in "apps/shop", or "." for all of it.`,
  };
}

function pathProblem(normal: string, given: string): string | undefined {
  if (given === '') return 'it is empty';
  if (given.startsWith('/')) return 'it is absolute';
  if (normal.length > MAX_PATH_LENGTH) return `it is longer than ${MAX_PATH_LENGTH} characters`;
  if (normal === '.') return undefined;
  if (normal.startsWith('-')) return 'it starts with "-"';
  if (normal.startsWith(':')) return 'it starts with ":"';
  if (/[\p{Cc}\\]/u.test(normal)) return 'it has a control character or a backslash';
  const parts = normal.split('/');
  if (parts.includes('..')) return 'it leads out of the repository by ".."';
  if (parts.includes('') || parts.includes('.')) return 'it has an empty part or "." between slashes';
  if (parts.some((part) => part.toLowerCase() === '.git')) return 'it names ".git"';
  return undefined;
}

/** Drops doubles and what lies inside another path, so that each file belongs to one path only. Sorted. */
export function outermost(paths: readonly string[]): string[] {
  const sorted = [...new Set(paths)].toSorted();
  return sorted.filter((path) => !sorted.some((other) => other !== path && isUnder(path, other)));
}

/** Whether `path` is `folder` or lies inside it. */
export function isUnder(path: string, folder: string): boolean {
  return folder === '.' || path === folder || path.startsWith(`${folder}/`);
}

function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}...` : text);
}
