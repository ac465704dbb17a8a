/** When two spellings of a repository's address mean the same repository. Pure. */

const withScheme = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/(?:[^/@]*@)?(\[[^\]]*\]|[^/:]*)(?::\d+)?(\/.*)?$/;
const scpLike = /^(?:[^/@:]+@)?(\[[^\]]*\]|[^/:@]+):(.+)$/;

/**
 * `host/path` in one spelling: scheme, user, port, `.git`, slashes at the ends and the case of the host don't count, so that
 * the https and the ssh form of a repository are equal. Never holds a password. Good for hints only: two servers on two ports
 * of one host are not told apart.
 */
export function repositoryKey(address: string): string {
  const match = withScheme.exec(address) ?? scpLike.exec(address);
  const [, host = '', path = ''] = match ?? ['', '', address];
  const trimmed = path.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '');
  return `${host.toLowerCase()}/${trimmed}`;
}
