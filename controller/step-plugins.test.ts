import { writeFileSync } from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { pluginHosts, readStepPlugins } from './step-plugins.ts';

const folder = mkdtempSync(join(tmpdir(), 'step-plugins-'));
const path = join(folder, 'plugins.yaml');

afterAll(() => rmSync(folder, { recursive: true }));

function read(text: string) {
  writeFileSync(path, text);
  return readStepPlugins(path);
}

describe('the file of step plugins', () => {
  it('names plugins with their addresses', async () => {
    const plugins = await read(
      'plugins:\n  acme/warm:\n    url: http://warm.tools:8080/hooks\n  off:\n    url: https://[::1]/x\n    disabled: true\n    timeoutSeconds: 5\n    secretFile: /keys/off\n',
    );

    expect(Object.fromEntries(plugins)).toEqual({
      'acme/warm': { url: 'http://warm.tools:8080/hooks', timeoutSeconds: 30, disabled: false },
      off: { url: 'https://[::1]/x', timeoutSeconds: 5, disabled: true, secretFile: '/keys/off' },
    });
    expect(pluginHosts(plugins)).toEqual(['warm.tools', '::1']);
    expect(await readStepPlugins(undefined)).toEqual(new Map());
  });

  it.each([
    ['plugins:\n  warm:\n    url: ftp://x\n', 'plugins.warm.url'],
    ['plugins:\n  warm:\n    url: http://x\n    timeout: 3\n', 'plugins.warm'],
    ['plugin: {}\n', 'plugins'],
    ['a: [\n', 'the whole'],
  ])('says in one sentence what is wrong with %j', async (text, where) => {
    await expect(read(text)).rejects.toThrow(where);
    await expect(read(text)).rejects.toThrow(`Setting --step-plugins-file: the file ${path} can't be used`);
  });

  it('must be there when it is named', async () => {
    await expect(readStepPlugins(join(folder, 'none.yaml'))).rejects.toThrow('can not be read');
  });
});
