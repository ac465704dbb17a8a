import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTempDir, removeTempDir } from '../test/bed/temp-dir.ts';
import { readOperatorKey } from './operator-keys.ts';
import { redact } from './redact.ts';
import { parseRepository, type Repository } from './url.ts';

let keysDir: string;

beforeAll(() => {
  keysDir = makeTempDir('keys');
  writeFileSync(
    join(keysDir, 'main.yaml'),
    'namespaces: [shop]\nrepositories: ["https://git.example.com/team"]\ntoken: t0ken\n',
  );
  writeFileSync(
    join(keysDir, 'any'),
    JSON.stringify({
      namespaces: ['*'],
      repositories: ['https://git.example.com/team/shop.git'],
      username: 'bot',
      password: 'pw',
    }),
  );
  writeFileSync(join(keysDir, 'broken.yaml'), 'token: [s3cret\n');
  writeFileSync(join(keysDir, 'empty.yaml'), 'namespaces: [shop]\nrepositories: ["https://git.example.com"]\n');
});
afterAll(() => removeTempDir(keysDir));

function repository(url: string): Repository {
  const parsed = parseRepository(url, { allowFile: false });
  if (parsed.kind === 'refused') throw new Error(parsed.why);
  return parsed.value;
}

const read = (key: string, namespace = 'shop', url = 'https://git.example.com/team/shop.git') =>
  readOperatorKey(keysDir, { key, namespace }, repository(url));

describe('operator keys', () => {
  it('serve their namespaces and repositories', async () => {
    expect(await read('main')).toMatchObject({ token: 't0ken' });
    expect(await read('any', 'other')).toMatchObject({ username: 'bot' });
  });

  it.each([
    ['another namespace', 'main', 'other', undefined, 'does not serve namespace "other"'],
    [
      'a repository of somebody else',
      'main',
      'shop',
      'https://evil.example.com/team/x',
      'has not listed that repository',
    ],
    ['a host that only looks alike', 'main', 'shop', 'https://git.example.com/teams', 'has not listed that repository'],
    ['a key that is not there', 'nope', 'shop', undefined, 'there is no such key'],
    ['a name that leaves the folder', '../main', 'shop', undefined, 'its name is not valid'],
    ['a file that is not valid', 'broken', 'shop', undefined, 'its file is not valid'],
    ['a file without a secret', 'empty', 'shop', undefined, 'needs token'],
  ])('refuse %s', async (_what, key, namespace, url, sentence) => {
    const reason: unknown = await read(key, namespace, url).catch((error: unknown) => error);

    expect(String(reason)).toContain(sentence);
    expect(String(reason)).not.toContain('s3cret');
  });

  it('are refused when the operator has mounted none', async () => {
    await expect(
      readOperatorKey(undefined, { key: 'main', namespace: 'shop' }, repository('https://h/x')),
    ).rejects.toThrow('--keys-dir');
  });
});

describe('redact', () => {
  it('takes secrets out in every form', () => {
    const secret = 'p@ss w/rd';
    const text = `a ${secret} b ${encodeURIComponent(secret)} c ${Buffer.from(secret).toString('base64')} d https://u:x@h/y`;

    expect(redact(text, [secret])).toBe('a *** b *** c *** d https://h/y');
  });

  it('gives one bounded line without control characters', () => {
    expect(redact(`a\r\n\u001b[31mb${'x'.repeat(1000)}`, []).length).toBeLessThan(410);
    expect(redact('a\nb\u0007', [])).toBe('a b');
  });
});
