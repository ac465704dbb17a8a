/** Reads a repository address as users write it and says what may be done with it: https, http, ssh (also `user@host:path`), file where the operator allows it. */
import type { Checked } from './refs.ts';

export interface Repository {
  readonly scheme: 'https' | 'http' | 'ssh' | 'file';
  /** What git is given. Never holds a password. */
  readonly url: string;
  /** The same for two spellings of one address; key of caches and locks. */
  readonly key: string;
  /** Empty for `file`. IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

export interface UrlPolicy {
  readonly allowFile: boolean;
}

const MAX_LENGTH = 2048;
const DEFAULT_PORTS = { https: 443, http: 80, ssh: 22 } as const;
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])$/;
const USER = /^[A-Za-z0-9_][A-Za-z0-9._+-]*$/;

/** Parses `spec.repository`. The sentence of a refusal names the address without credentials. */
export function parseRepository(text: string, policy: UrlPolicy): Checked<Repository> {
  if (text.length > MAX_LENGTH || text === '' || /[\p{Cc} ]/u.test(text)) {
    return refuse(text, 'it is empty, too long, or has a space or control character');
  }
  if (text.startsWith('-')) return refuse(text, 'it starts with "-"');
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(text)?.[1]?.toLowerCase();
  switch (scheme) {
    case 'https':
    case 'http':
    case 'ssh':
      return parseNetwork(text, scheme);
    case 'file':
      return policy.allowFile ? parseFile(text) : refuse(text, 'file repositories are switched off by the operator');
    case undefined:
      return parseScpLike(text);
    default:
      return refuse(text, `${scheme}:// is not one of https://, http://, ssh://`);
  }
}

/** The address without user name and password, for messages. */
export function withoutUserInfo(text: string): string {
  return text.replace(/(\/\/)[^/@\s]*@/g, '$1').slice(0, MAX_LENGTH);
}

function parseNetwork(text: string, scheme: 'https' | 'http' | 'ssh'): Checked<Repository> {
  const match = /^[^:]+:\/\/(?:([^/@]*)@)?(\[[^\]]*\]|[^/:@]*)(?::([0-9]{1,5}))?(\/.*)$/.exec(text);
  if (match === null) return refuse(text, `it is not of the form ${scheme}://host/path`);
  const [, user, host = '', portText, path = ''] = match;
  if (user !== undefined && (scheme !== 'ssh' || !USER.test(user))) {
    return refuse(text, 'it holds a user name or password; put them into the Secret that spec.credentials names');
  }
  if (!HOST.test(host)) return refuse(text, 'its host name is not valid');
  const port = portText === undefined ? DEFAULT_PORTS[scheme] : Number(portText);
  if (port < 1 || port > 65_535) return refuse(text, 'its port is not between 1 and 65535');
  if (/[?#]/.test(path) || path.split('/').includes('..')) return refuse(text, 'its path has "?", "#" or ".."');
  const trimmed = path.replace(/\/+$/, '');
  if (trimmed === '' || trimmed.startsWith('/-')) return refuse(text, 'its path is missing or starts with "-"');
  const portPart = port === DEFAULT_PORTS[scheme] ? '' : `:${port}`;
  const url = `${scheme}://${user === undefined ? '' : `${user}@`}${host.toLowerCase()}${portPart}${trimmed}`;
  return ok({ scheme, url, key: keyOf(url), host: host.toLowerCase().replace(/^\[|\]$/g, ''), port });
}

function parseScpLike(text: string): Checked<Repository> {
  const match = /^(?:([^/@:]+)@)?([^/:@]+|\[[^\]]*\]):(?!:)(.+)$/.exec(text);
  if (match === null) return refuse(text, 'it is neither a URL (https://host/path) nor of the form user@host:path');
  const [, user, host = '', path = ''] = match;
  if (user === undefined || !USER.test(user))
    return refuse(text, 'its user name is missing or not valid; write it as in git@host:path');
  if (!HOST.test(host)) return refuse(text, 'its host name is not valid');
  if (path.startsWith('-') || path.split('/').includes('..'))
    return refuse(text, 'its path starts with "-" or has ".."');
  const url = `${user}@${host.toLowerCase()}:${path.replace(/\/+$/, '')}`;
  return ok({
    scheme: 'ssh',
    url,
    key: keyOf(url),
    host: host.toLowerCase().replace(/^\[|\]$/g, ''),
    port: DEFAULT_PORTS.ssh,
  });
}

function parseFile(text: string): Checked<Repository> {
  const path = text.slice('file://'.length).replace(/\/+$/, '');
  if (!path.startsWith('/') || path.split('/').includes('..'))
    return refuse(text, 'a file repository is an absolute path as in file:///srv/git/shop.git');
  const url = `file://${path}`;
  return ok({ scheme: 'file', url, key: keyOf(url), host: '', port: 0 });
}

// Hosts serve one repository with and without ".git": one cache and one writer for both.
function keyOf(url: string): string {
  return url.replace(/\.git$/, '');
}

function ok(value: Repository): Checked<Repository> {
  return { kind: 'ok', value };
}

function refuse(text: string, why: string): Checked<Repository> {
  const shown = withoutUserInfo(text)
    .replace(/\p{Cc}/gu, '?')
    .slice(0, 200);
  return { kind: 'refused', why: `Repository ${JSON.stringify(shown)} can't be used: ${why}.` };
}
