/** `npm run build [-- <folder>]`: bundles the two programs into dist/ or that folder, each one file that needs no node_modules. */

import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { root } from './programs.ts';

/** client-node's generated API is 225 files that we never call; leaving them out halves the memory of the process. */
const withoutGeneratedApi: Plugin = {
  name: 'without-generated-api',
  setup(bundle) {
    bundle.onLoad({ filter: /client-node[/\\]dist[/\\]gen[/\\]index\.js$/ }, () => ({
      contents:
        'export class ServerConfiguration {}\nexport function createConfiguration() { throw new Error("not bundled"); }',
      loader: 'js',
    }));
  },
};

/** zod carries its messages in some 50 languages; ours are our own sentences, so English is enough. */
const withoutOtherLanguages: Plugin = {
  name: 'without-other-languages',
  setup(bundle) {
    bundle.onLoad({ filter: /zod[/\\]v4[/\\]locales[/\\]index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
      loader: 'js',
    }));
  },
};

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

/** CommonJS leaves of our dependencies call require() at run time. */
const requireBanner =
  "import { createRequire as nodeRequire } from 'node:module'; const require = nodeRequire(import.meta.url);";

const folder = process.argv[2] ?? join(root, 'dist');

async function bundleProgram(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [join(root, entry)],
    outfile: join(folder, outfile),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    minifySyntax: true,
    legalComments: 'none',
    banner: { js: `#!/usr/bin/env node\n${requireBanner}` },
    plugins: [withoutGeneratedApi, withoutOtherLanguages],
    logLevel: 'warning',
    logOverride: { 'import-is-undefined': 'silent' },
  });
  chmodSync(join(folder, outfile), 0o755);
}

await bundleProgram('controller/main.ts', 'tidegate.mjs');
await bundleProgram('cli/main.ts', 'kubectl-tidegate.mjs');
process.stdout.write(`Built tidegate.mjs and kubectl-tidegate.mjs in ${folder}, version ${version}.\n`);
