import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf, reachable, root, sourceFiles } from './import-graph.ts';

const isTest = (file: string) => file.endsWith('.test.ts') || file.includes('/testing/');
const productFiles = sourceFiles('{crds,kube,analysis,outbound,source,controller,edge,cli}/**/*.ts').filter(
  (file) => !isTest(file),
);
const pureRoots = sourceFiles(
  'controller/**/decide.ts',
  'controller/traffic/*.ts',
  'analysis/{judge,expr}/*.ts',
  'crds/schema/*.ts',
).filter((file) => !isTest(file));
const impurePackage = /^(node:|axios$|undici$|pino$|prom-client$|@kubernetes\/|js-yaml$)/;
const readsTheWorld =
  /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bprocess\.|\bsetTimeout\(|\bsetInterval\(|\bfetch\(/;

/** The code without comments, so that a sentence about the clock is not taken for a look at it. */
function code(file: string): string {
  return readFileSync(join(root, file), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '');
}

describe('pure code', () => {
  it.each(pureRoots)(
    '%s reaches no I/O, clock, randomness or environment, also not through what it imports',
    (file) => {
      const chains = [...reachable(file)];

      expect(chains.filter(([target]) => impurePackage.test(target)).map(([, chain]) => chain.join(' -> '))).toEqual(
        [],
      );
      expect(
        chains
          .filter(([target]) => target.endsWith('.ts') && readsTheWorld.test(code(target)))
          .map(([, chain]) => chain.join(' -> ')),
      ).toEqual([]);
    },
  );
});

describe('rooms', () => {
  const offenders = (files: readonly string[], isForbidden: (target: string) => boolean) =>
    files.flatMap((file) =>
      importsOf(file)
        .filter(({ target }) => isForbidden(target))
        .map(({ target }) => `${file} -> ${target}`),
    );
  const inRoom = (room: string) => productFiles.filter((file) => file.startsWith(`${room}/`));

  it('the product imports nothing of sandbox or test', () => {
    expect(offenders(productFiles, (target) => /^(sandbox|test)\//.test(target))).toEqual([]);
  });

  it('only kube knows the Kubernetes client', () => {
    const others = productFiles.filter((file) => !file.startsWith('kube/'));

    expect(offenders(others, (target) => target.startsWith('@kubernetes/') || target === 'undici')).toEqual([]);
  });

  it('only outbound knows axios, only the metrics file knows prom-client', () => {
    expect(
      offenders(
        productFiles.filter((file) => !file.startsWith('outbound/')),
        (target) => target === 'axios',
      ),
    ).toEqual([]);
    expect(
      offenders(
        productFiles.filter((file) => file !== 'controller/server/metrics.ts'),
        (target) => target === 'prom-client',
      ),
    ).toEqual([]);
  });

  it('only source spawns programs, the launcher of source aside', () => {
    const others = productFiles.filter(
      (file) => !file.startsWith('source/') && file !== 'controller/source-process.ts',
    );

    expect(offenders(others, (target) => target === 'node:child_process')).toEqual([]);
  });

  it('source knows nothing of Kubernetes and analysis only crds and outbound', () => {
    expect(offenders(inRoom('source'), (target) => /^(kube|controller|analysis|cli)\//.test(target))).toEqual([]);
    expect(offenders(inRoom('analysis'), (target) => /^(kube|controller|source|cli)\//.test(target))).toEqual([]);
    expect(
      offenders(
        inRoom('crds').filter((file) => file.startsWith('crds/schema/')),
        (target) => !target.startsWith('crds/schema/') && target !== 'zod',
      ),
    ).toEqual([]);
  });

  it('the simulated API server and metrics know of the product only its schemas', () => {
    const files = sourceFiles('sandbox/{api-server,metrics}/**/*.ts').filter((file) => !isTest(file));

    expect(
      offenders(files, (target) => /^(kube|controller|analysis|outbound|source|edge|cli|test)\//.test(target)),
    ).toEqual([]);
  });
});
