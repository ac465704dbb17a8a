import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { templateStatuses } from '../crds/schema/experiment.ts';
import { gitRevertPhases } from '../crds/schema/git-revert.ts';
import { gitSyncPhases } from '../crds/schema/git-sync.ts';
import { verdictCauses } from '../crds/schema/rollout-decisions.ts';
import { analysisPhases } from '../crds/schema/rollout-status.ts';
import { isReason, type Reason, type ReasonRoom, reasonCatalogue } from './reasons.ts';
import type { ReasonEntry } from './reasons/entry.ts';
import { reasonsFile, reasonsPage } from './reasons-page.ts';
import { argoReasons, fact } from './rollout/facts.ts';

const rooms = Object.keys(reasonCatalogue) as readonly ReasonRoom[];
const entriesOf = (room: ReasonRoom): readonly [string, ReasonEntry][] => Object.entries(reasonCatalogue[room]);

/** The room's sources in one text, tests and builders aside. */
function sourceOf(room: ReasonRoom): string {
  const folder = join(import.meta.dirname, room);
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  return files.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
}

/** Every way in which the rooms write a reason down; the words are the literals in what the group has matched. */
const writings: readonly RegExp[] = [
  /\breason: ([^,;{}]+)/g,
  /\b(?:reason|keptReason) = ([^;]+);/g,
  /\b\w*[rR]easons: Readonly<Record<[^=]*> = \{([^}]*)\}/g,
  /\bfact\(\s*[\w.]+,\s*('\w+')/g,
  /\b(?:normal|warning)Fact\(\s*('\w+')/g,
  /\bholding\([^;]*?('\w+'),\s*now\)/g,
  /\bverdictOf\(\s*scene,\s*('\w+')/g,
  /\benterPause\([^;]*?('\w+')\)/g,
];

/** Words that stand beside `reason:` in answers of the API server and of containers. */
const foreign: Readonly<Partial<Record<ReasonRoom, readonly string[]>>> = {
  rollout: ['Crashed'],
  'git-sync': ['NotLeader'],
};

interface Family {
  readonly room: ReasonRoom;
  /** How the source writes it. */
  readonly as: string;
  readonly words: readonly string[];
}

const finalPhases = analysisPhases.filter((phase) => phase !== 'Pending' && phase !== 'Running');

/** Reasons that are put together from a vocabulary of the schema. */
const families: readonly Family[] = [
  { room: 'rollout', as: '`AnalysisRun${after.status}`', words: analysisPhases.map((phase) => `AnalysisRun${phase}`) },
  { room: 'rollout', as: 'verdictOf(scene, trouble.kind', words: verdictCauses },
  { room: 'rollout', as: 'reason: trouble.kind', words: ['ImageMissing', 'CrashLoop', 'RegistryUnreachable'] },
  { room: 'analysis-run', as: '`AnalysisRun${after.phase}`', words: finalPhases.map((one) => `AnalysisRun${one}`) },
  { room: 'analysis-run', as: '`Metric${phase}`', words: finalPhases.map((phase) => `Metric${phase}`) },
  { room: 'experiment', as: '`Template${after.status}`', words: templateStatuses.map((one) => `Template${one}`) },
  {
    room: 'experiment',
    as: '`AnalysisRun${entry.phase}`',
    words: analysisPhases.map((phase) => `AnalysisRun${phase}`),
  },
  { room: 'experiment', as: '`Experiment${phase}`', words: analysisPhases.map((phase) => `Experiment${phase}`) },
  { room: 'git-sync', as: 'reason: phase', words: gitSyncPhases },
  { room: 'git-revert', as: 'reason: phase', words: gitRevertPhases },
  { room: 'git-revert', as: '`Revert${phase}`', words: gitRevertPhases.map((phase) => `Revert${phase}`) },
];

/** What is compared with is not what is given. */
function wordsIn(text: string): readonly string[] {
  const given = text.replaceAll(/[!=]== '\w+'/g, '');
  return [...given.matchAll(/'([A-Z]\w+)'/g)].map(([, word = '']) => word);
}

function usedIn(room: ReasonRoom): ReadonlySet<string> {
  const source = sourceOf(room);
  const written = writings.flatMap((pattern) =>
    [...source.matchAll(pattern)].flatMap(([, text = '']) => wordsIn(text)),
  );
  const made = families.filter((one) => one.room === room).flatMap((one) => one.words);
  return new Set([...written, ...made].filter((word) => !foreign[room]?.includes(word)));
}

describe.each(rooms)('reasons of %s', (room) => {
  const used = usedIn(room);
  // A failed revision's cause becomes the reason of its Release, whose meaning the rollout room tells.
  const shared: readonly string[] = room === 'git-sync' ? verdictCauses : [];

  it('are all in the catalogue', () => {
    const listed = new Set([...entriesOf(room).map(([reason]) => reason), ...shared]);
    expect([...used].filter((reason) => !listed.has(reason))).toEqual([]);
  });

  it('are all given by the sources', () => {
    expect(entriesOf(room).flatMap(([reason]) => (used.has(reason) ? [] : [reason]))).toEqual([]);
  });

  it('have a meaning and a remedy in whole sentences, and a place where they are shown', () => {
    const isWhole = (text: string) => /^(?:[A-Z]|status\.|spec\.).*\.$/.test(text);
    const bad = entriesOf(room).filter(
      ([, { meaning, remedy = 'None.', shows, on }]) =>
        !isWhole(meaning) || !isWhole(remedy) || shows.length === 0 || on.length === 0,
    );
    expect(bad).toEqual([]);
  });

  it('are put together only as this test knows', () => {
    for (const { as } of families.filter((one) => one.room === room)) expect(sourceOf(room)).toContain(as);
  });
});

it('gives the events of a Rollout the type of the catalogue', () => {
  const events = entriesOf('rollout').filter(([, { shows }]) => shows.includes('event'));
  const types = events.map(([reason]) => [reason, fact(0, reason as Reason, '').type]);
  expect(types).toEqual(events.map(([reason, { type }]) => [reason, type]));
});

it('gives the events of a GitSync the type of the catalogue', () => {
  for (const [, word = '', reason = ''] of sourceOf('git-sync').matchAll(/\b(normal|warning)Fact\(\s*'(\w+)'/g)) {
    const entry = Object.fromEntries(entriesOf('git-sync'))[reason];
    expect([reason, entry?.type.toLowerCase(), entry?.shows.includes('event')]).toEqual([reason, word, true]);
  }
});

it('tells a listed reason from another text', () => {
  expect([isReason('NoEvidence'), isReason('Whatever'), isReason(undefined)]).toEqual([true, false, false]);
});

it('lists what Argo Rollouts sends too, as far as this version gives it', () => {
  const unlisted = [...argoReasons].filter((reason) => !isReason(reason));
  expect(unlisted).toEqual([]);
});

it('docs/reasons.md is what the catalogue gives', () => {
  expect(readFileSync(join(import.meta.dirname, '..', reasonsFile), 'utf8')).toBe(reasonsPage());
});
