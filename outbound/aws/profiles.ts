/** AWS's shared credentials and config files: reads what a profile says, in memory only, anew at each use. */

import { readFile } from 'node:fs/promises';
import { isProfile, isRoleArn } from './region.ts';
import type { AwsKeys } from '../outcome.ts';
import type { AwsSettings } from './settings.ts';

/** Settings of one profile by name. */
type Section = Readonly<Record<string, string>>;

export type Profile =
  | { readonly kind: 'keys'; readonly keys: AwsKeys }
  /** A role taken with the keys of another profile. */
  | { readonly kind: 'role'; readonly roleArn: string; readonly source: string }
  | { readonly kind: 'web-identity'; readonly roleArn: string; readonly tokenFile: string }
  | { readonly kind: 'none'; readonly why: string };

const maxFileBytes = 1_048_576;

/** What a profile gives; the credentials file outranks the config file, as everywhere. Sentences never quote a value. */
export async function readProfile(
  name: string,
  settings: Pick<AwsSettings, 'credentialsFile' | 'configFile'>,
): Promise<Profile> {
  const [own, config] = await Promise.all([sections(settings.credentialsFile), sections(settings.configFile)]);
  const section: Section = {
    ...config.get(name === 'default' && config.has('default') ? 'default' : `profile ${name}`),
    ...own.get(name),
  };
  if (Object.keys(section).length === 0)
    return { kind: 'none', why: `the profile ${name} is in neither of AWS's files` };
  return profileOf(name, section);
}

function profileOf(name: string, section: Section): Profile {
  const { role_arn: roleArn, source_profile: source, web_identity_token_file: tokenFile } = section;
  if (roleArn !== undefined) {
    if (!isRoleArn(roleArn)) return { kind: 'none', why: `role_arn of the profile ${name} is no role` };
    if (tokenFile !== undefined) return { kind: 'web-identity', roleArn, tokenFile };
    if (source !== undefined && isProfile(source)) return { kind: 'role', roleArn, source };
    return { kind: 'none', why: `the profile ${name} has role_arn without source_profile or web_identity_token_file` };
  }
  const { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey, aws_session_token: token } = section;
  if (accessKeyId && secretAccessKey)
    return { kind: 'keys', keys: { accessKeyId, secretAccessKey, ...(token ? { sessionToken: token } : {}) } };
  return {
    kind: 'none',
    why: `the profile ${name} has neither keys nor a role (programs and single sign-on are not used)`,
  };
}

/** A missing file has no profiles; so has one that can't be read. */
async function sections(file: string): Promise<ReadonlyMap<string, Section>> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return parseIni(text.slice(0, maxFileBytes));
}

/** Sections by name; lines of nested settings (indented) are passed over. */
export function parseIni(text: string): ReadonlyMap<string, Section> {
  const found = new Map<string, Record<string, string>>();
  let current: Record<string, string> | undefined;
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(?:[#;]|$)/.test(line) || /^\s/.test(line)) continue;
    const head = /^\[\s*([^\]]+?)\s*\]/.exec(line)?.[1]?.replace(/\s+/g, ' ');
    if (head !== undefined) {
      current = found.get(head) ?? (Object.create(null) as Record<string, string>);
      found.set(head, current);
      continue;
    }
    const at = line.indexOf('=');
    if (current === undefined || at < 0) continue;
    current[line.slice(0, at).trim().toLowerCase()] = line
      .slice(at + 1)
      .replace(/\s[#;].*$/, '')
      .trim();
  }
  return found;
}
