import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeKubeconfig } from './kubeconfig.ts';

const access = { server: 'https://127.0.0.1:1', caData: 'ca', token: 'token' };

describe('the kubeconfig of a sandbox', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('goes, and the given folder stays', () => {
    const file = writeKubeconfig(access, folder);
    expect(existsSync(file.path)).toBe(true);
    file.remove();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('takes the folders along that were made for it', () => {
    writeKubeconfig(access, join(folder, 'x', 'y')).remove();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('leaves folders that somebody put something in', () => {
    const file = writeKubeconfig(access, join(folder, 'x', 'y'));
    writeFileSync(join(folder, 'x', 'mine'), '');
    file.remove();
    expect(readdirSync(join(folder, 'x'))).toEqual(['mine']);
  });

  it('says in one sentence where it cannot be written', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => writeKubeconfig(access, join(folder, 'file', 'x'))).toThrow(
      /^no folder for the kubeconfig can be made in ".*file\/x" \(ENOTDIR\): name one that you may write to\.$/,
    );
  });
});
