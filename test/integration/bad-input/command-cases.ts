/** Commands that can't be carried out: the outcome says why, and nothing moves. */

import type { BadCase } from './bad-case.ts';

const object = /Rollout [a-z0-9-]+\/web/;

/** A command as it is written by hand. */
function command(verb: string, more: Readonly<Record<string, string>> = {}): BadCase['spoil'] {
  const prefixed = Object.entries({ 'command-id': 'c-1', 'command-actor': 'jane', ...more }).filter(
    ([, text]) => text !== '',
  );
  const fields = prefixed.map(([key, text]) => [`tidegate.io/${key}`, text]);
  return { annotate: { 'tidegate.io/command': verb, ...(Object.fromEntries(fields) as Record<string, string>) } };
}

export const commandCases: readonly BadCase[] = [
  {
    name: 'command with an unknown verb',
    spoil: command('promot'),
    says: {
      object,
      field: /command promot/,
      found: /there is no command "promot"/,
      allowed: /promote, promote-full, pause, resume, abort, retry/,
      remedy: /use one of/,
    },
  },
  {
    name: 'command for another revision',
    spoil: command('abort', { 'command-revision': 'deadbeef' }),
    says: {
      object,
      field: /command abort/,
      found: /meant for revision deadbeef/,
      allowed: /the current one is 1 \([0-9a-f]+\)/,
      remedy: /look again and repeat it/,
    },
  },
  {
    name: 'command for another step',
    spoil: command('promote', { 'command-step': '7' }),
    says: {
      object,
      field: /command promote/,
      found: /meant for step 7/,
      allowed: /the rollout is at step \d/,
      remedy: /look again and repeat it/,
    },
  },
  {
    name: 'command without an id',
    spoil: command('abort', { 'command-id': '' }),
    says: {
      object,
      field: /annotation tidegate\.io\/command-id/,
      found: /is missing/,
      allowed: /an id of its own/,
      remedy: /give every command an id/,
    },
  },
  {
    name: 'command with nothing to do',
    spoil: command('abort'),
    says: {
      object,
      field: /command abort/,
      found: /was not carried out/,
      allowed: /no new revision is being rolled out/,
      remedy: /so there is nothing to do/,
    },
  },
];
