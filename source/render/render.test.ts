import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GitFiles } from '../../test/bed/git-repository.ts';
import { findProgram } from '../../test/bed/programs.ts';
import type { RenderAnswer } from '../contract.ts';
import { at, startWorkbench, type Workbench } from '../../test/integration/source/workbench.ts';

const kustomizePath = findProgram('kustomize');
let bench: Workbench;
let made = 0;

beforeAll(async () => {
  bench = await startWorkbench(kustomizePath === undefined ? {} : { kustomizePath });
});
afterAll(() => bench.stop());

const configMap = (name: string, extra = '') => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${extra}`;

async function render(files: GitFiles, path = 'app', alsoPaths: string[] = []): Promise<RenderAnswer> {
  made += 1;
  const name = `render-${made}`;
  const commit = await bench.repositories.createRepository(name, files);
  return bench.source.render({ ...at(bench.url(name)), branch: 'main', commit, path, alsoPaths });
}

const names = (answer: RenderAnswer): unknown =>
  answer.kind === 'ok' ? answer.objects.map((object) => (object['metadata'] as { name: string }).name) : answer;
const problems = (answer: RenderAnswer): string =>
  answer.kind === 'invalid' ? answer.problems.map((problem) => problem.message).join('\n') : JSON.stringify(answer);

describe('plain manifests', () => {
  it('reads all manifests below the path, by path, and nothing else', async () => {
    const answer = await render({
      'app/b.yml': configMap('b'),
      'app/a.yaml': `${configMap('a1')}---\n${configMap('a2')}`,
      'app/sub/c.json': JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } }),
      'app/README.md': 'no: yaml',
      'app/.github/workflows/ci.yaml': 'on: push\n',
      'other/d.yaml': configMap('d'),
    });

    expect(names(answer)).toEqual(['a1', 'a2', 'b', 'c']);
    expect(answer).toMatchObject({ kind: 'ok', renderer: 'plain/1', inputs: 3 });
  });

  it('flattens lists and reads values as Kubernetes does', async () => {
    const answer = await render({
      'app/l.yaml':
        'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n  data: {x: yes}\n',
    });

    expect(answer.kind === 'ok' && answer.objects[0]?.['data']).toEqual({ x: true });
  });

  it('names file and line of what can not be read', async () => {
    expect(problems(await render({ 'app/x.yaml': 'kind: A\nkind: B\n' }))).toBe(
      'app/x.yaml:2 can\'t be read: key "kind" is given twice in one mapping; correct the file.',
    );
  });

  it.each([
    [
      'a list',
      '- a\n- b\n',
      'app/x.yaml:1: the document is a list, not a Kubernetes object with apiVersion, kind and metadata; correct or remove it.',
    ],
    [
      'text',
      'just text\n',
      'app/x.yaml:1: the document is a string, not a Kubernetes object with apiVersion, kind and metadata; correct or remove it.',
    ],
    [
      'no kind',
      'apiVersion: v1\n',
      'app/x.yaml:1: the object has no "kind", but every object needs apiVersion, kind and metadata; add it.',
    ],
    [
      'no apiVersion',
      '\nkind: Pod\n',
      'app/x.yaml:2: the Pod has no "apiVersion", but every object needs apiVersion, kind and metadata; add it.',
    ],
    ['no name', 'apiVersion: v1\nkind: Pod\nmetadata: {generateName: a}\n', 'metadata.name'],
    [
      'a kustomization further down',
      'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n',
      'set spec.path to its folder',
    ],
    [
      'an encrypted Secret',
      `apiVersion: v1\nkind: Secret\nmetadata: {name: db}\ndata: {p: ENC}\nsops:\n  mac: x\n  version: 3.9.0\n`,
      'encrypted Secret without a key: Secret/db',
    ],
    [
      'twice the same',
      `${configMap('a')}---\n${configMap('a')}`,
      'app/x.yaml:6: ConfigMap/a is defined a second time; the first is in app/x.yaml:1. Remove one.',
    ],
  ])('refuses %s', async (_what, text, sentence) => {
    expect(problems(await render({ 'app/x.yaml': text }))).toContain(sentence);
  });

  it('refuses an alias bomb quickly', async () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 30; level += 1)
      lines.push(
        `a${level}: &a${level} [${Array(10)
          .fill(`*a${level - 1}`)
          .join(', ')}]`,
      );

    expect(problems(await render({ 'app/x.yaml': lines.join('\n') }))).toContain('aliases expand to more');
  });

  it('says when there is nothing', async () => {
    expect(problems(await render({ 'app/x.txt': 'x' }))).toContain('has no Kubernetes objects');
    expect(problems(await render({ 'app/x.yaml': configMap('a') }, 'gone'))).toContain('Path gone does not exist');
  });

  it('follows symlinks inside the closure and refuses those that lead out, by name', async () => {
    const inside = await render(
      { 'app/x.yaml': { content: '../shared/real.yaml', mode: '120000' }, 'shared/real.yaml': configMap('real') },
      'app',
      ['shared'],
    );
    const outside = await render({
      'app/x.yaml': { content: '../shared/real.yaml', mode: '120000' },
      'shared/real.yaml': configMap('real'),
    });
    const absolute = await render({ 'app/x.yaml': { content: '/etc/passwd', mode: '120000' } });

    expect(names(inside)).toEqual(['real']);
    expect(problems(outside)).toContain(
      'app/x.yaml is a symbolic link to ../shared/real.yaml, which is outside spec.path and spec.alsoPaths',
    );
    expect(problems(absolute)).toContain('/etc/passwd');
  });

  it('refuses a file that is too large', async () => {
    const answer = await render({ 'app/x.yaml': configMap('a', `data: {x: "${'x'.repeat(5_000_000)}"}\n`) });

    expect(answer).toMatchObject({ kind: 'too-large', message: expect.stringContaining('app/x.yaml') });
  });
});

describe('the digest', () => {
  it('is the same for the same inputs in another commit and differs for others', async () => {
    const first = await bench.repositories.createRepository('digest', {
      'app/x.yaml': configMap('a'),
      'app/README.md': 'one',
    });
    const second = await bench.repositories.commit('digest', 'main', {
      'other.yaml': 'x: 1\n',
      'app/README.md': 'two',
    });
    const third = await bench.repositories.commit('digest', 'main', { 'app/x.yaml': configMap('a', '# comment\n') });

    const digests = await Promise.all(
      [first, second, third].map(async (commit) => {
        const answer = await bench.source.render({
          ...at(bench.url('digest')),
          branch: 'main',
          commit,
          path: 'app',
          alsoPaths: [],
        });
        return answer.kind === 'ok' ? answer.digest : answer;
      }),
    );

    expect(digests[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(digests[1]).toBe(digests[0]);
    expect(digests[2]).not.toBe(digests[0]);
  });
});

describe.skipIf(kustomizePath === undefined)(
  `kustomize${kustomizePath === undefined ? ' (skipped: not on this machine)' : ''}`,
  () => {
    const overlay = 'resources: [../base]\nnamePrefix: prod-\n';

    it('builds overlay and base inside the closure', async () => {
      const files = {
        'app/kustomization.yaml': overlay,
        'base/kustomization.yml': 'resources: [cm.yaml]\nconfigMapGenerator:\n- name: g\n  files: [k=deep/f.txt]\n',
        'base/cm.yaml': configMap('a', 'data: {on: "yes", n: "0755"}\n'),
        'base/deep/f.txt': 'hello',
      };

      const answer = await render(files, 'app', ['base']);

      expect(answer).toMatchObject({ kind: 'ok', renderer: expect.stringMatching(/^kustomize\/v5/), inputs: 4 });
      expect(names(answer)).toEqual(expect.arrayContaining(['prod-a', expect.stringMatching(/^prod-g-/)]));
    });

    it('keeps its digest when a file changes that the build does not read', async () => {
      const base = { 'app/kustomization.yaml': 'resources: [cm.yaml]\n', 'app/cm.yaml': configMap('a') };

      const [first, second] = [await render(base), await render({ ...base, 'app/unused.yaml': configMap('unused') })];

      expect(first.kind === 'ok' && second.kind === 'ok' && first.digest === second.digest).toBe(true);
    });

    it.each<[string, GitFiles, string]>([
      [
        'a base outside the closure',
        { 'app/kustomization.yaml': overlay, 'base/kustomization.yaml': 'resources: []\n' },
        'app/kustomization.yaml: resources[0] "../base" leads out of spec.path and spec.alsoPaths, to base',
      ],
      ['a base outside the repository', { 'app/kustomization.yaml': 'resources: [../../x]\n' }, 'leads out of'],
      ['an absolute path', { 'app/kustomization.yaml': 'resources: [/etc/passwd]\n' }, 'leads out of'],
      [
        'a remote base',
        { 'app/kustomization.yaml': 'resources: ["https://example.com/x.yaml"]\n' },
        'resources[0] "https://example.com/x.yaml" is remote',
      ],
      [
        'a remote base on a Git host',
        { 'app/kustomization.yaml': 'resources: [github.com/a/b//c?ref=v1]\n' },
        'is remote',
      ],
      ['a remote base over ssh', { 'app/kustomization.yaml': 'components: ["git@h:a/b"]\n' }, 'is remote'],
      [
        'a remote generator file',
        { 'app/kustomization.yaml': 'configMapGenerator: [{name: a, files: ["k=http://169.254.169.254/latest"]}]\n' },
        'is remote',
      ],
      ['a chart', { 'app/kustomization.yaml': 'helmCharts: [{name: x}]\n' }, 'not supported yet: helmCharts'],
      [
        'a plugin that runs a program',
        {
          'app/kustomization.yaml': 'generators: [p.yaml]\n',
          'app/p.yaml':
            'apiVersion: x/v1\nkind: P\nmetadata: {name: p, annotations: {config.kubernetes.io/function: "exec: {path: ./x}"}}\n',
        },
        'app/p.yaml runs a program or container',
      ],
      [
        'a chart as inline plugin',
        {
          'app/kustomization.yaml':
            'generators:\n- |-\n  apiVersion: builtin\n  kind: HelmChartInflationGenerator\n  metadata: {name: x}\n',
        },
        'is a Helm chart',
      ],
      [
        'a foreign plugin',
        {
          'app/kustomization.yaml': 'transformers: [p.yaml]\n',
          'app/p.yaml': 'apiVersion: example.com/v1\nkind: P\nmetadata: {name: p}\n',
        },
        'only plugins of apiVersion "builtin"',
      ],
      [
        'a missing file',
        { 'app/kustomization.yaml': 'patches: [{path: p.yaml}]\n' },
        'app/kustomization.yaml: patches[0].path "p.yaml" does not exist',
      ],
      [
        'a base without kustomization',
        { 'app/kustomization.yaml': 'resources: [sub]\n', 'app/sub/a.yaml': configMap('a') },
        'app/sub has no kustomization.yaml',
      ],
      [
        'a symlink that leads out',
        {
          'app/kustomization.yaml': 'resources: [l.yaml]\n',
          'app/l.yaml': { content: '../../../../etc/passwd', mode: '120000' },
        },
        'leads out of',
      ],
      [
        'a folder symlink that leads out',
        {
          'app/kustomization.yaml': 'resources: [l/x.yaml]\n',
          'app/l': { content: '../other', mode: '120000' },
          'other/x.yaml': configMap('a'),
        },
        'leads out of',
      ],
      [
        'an encrypted Secret',
        {
          'app/kustomization.yaml': 'resources: [s.yaml]\n',
          'app/s.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nsops:\n  mac: x\n',
        },
        'app/s.yaml: encrypted Secret without a key',
      ],
      [
        'what kustomize itself refuses',
        {
          'app/kustomization.yaml': 'resources: [a.yaml]\npatches: [{patch: "- op: nonsense"}]\n',
          'app/a.yaml': configMap('a'),
        },
        'app/kustomization.yaml: kustomize build failed',
      ],
      [
        'a kustomization that is not YAML',
        { 'app/kustomization.yaml': 'resources: [a\n' },
        "app/kustomization.yaml:2 can't be read",
      ],
      [
        'a kustomization that builds itself',
        { 'app/kustomization.yaml': 'resources: [../app]\n' },
        'kustomize build failed',
      ],
    ])('refuses %s', async (_what, files, sentence) => {
      const said = problems(await render(files));

      expect(said).toContain(sentence);
      expect(said).not.toContain(bench.dataDir);
    });

    it('allows builtin transformers', async () => {
      const answer = await render({
        'app/kustomization.yaml': 'resources: [a.yaml]\ntransformers: [t.yaml]\n',
        'app/a.yaml': configMap('a'),
        'app/t.yaml':
          'apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: t}\nprefix: x-\nfieldSpecs: [{path: metadata/name}]\n',
      });

      expect(names(answer)).toEqual(['x-a']);
    });
  },
);

describe('without kustomize', () => {
  it('says that the process lacks the program', async () => {
    const bare = await startWorkbench({ programPath: '/usr/bin:/bin', kustomizePath: '/nonexistent/kustomize' });
    const commit = await bare.repositories.createRepository('k', { 'kustomization.yaml': 'resources: []\n' });

    const answer = await bare.source.render({ ...at(bare.url('k')), commit, path: '.', alsoPaths: [] });
    await bare.stop();

    expect(answer).toMatchObject({ kind: 'internal', message: expect.stringContaining('--kustomize-path') });
  });
});
