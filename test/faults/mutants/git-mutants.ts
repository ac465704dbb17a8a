/** Defects of what is written to Git and applied from it, and of writes as such. */

import type { Mutant } from './mutant.ts';

const contained = "    if (compared.kind === 'ok' && compared.isAncestor) return { kind: 'contained', tip };\n";

export const gitMutants: readonly Mutant[] = [
  {
    id: 'two-reverts',
    breaks: ['S18'],
    patches: [
      { file: 'controller/git-revert/examine.ts', find: contained, replace: '' },
      {
        file: 'controller/git-revert/decide.ts',
        find: '  return phase !== undefined && finalGitRevertPhases.includes(phase);',
        replace: "  return phase === 'Refused';",
      },
      {
        file: 'controller/git-revert/decide.ts',
        find: "  return { phase: 'record', status: next, effects: [], facts: [factOf(phase, message, now)] };\n}\n\nfunction later(",
        replace:
          "  return { phase: 'record', status: next, effects: [], facts: [factOf(phase, message, now)], lookAgainAt: now + 1_000 };\n}\n\nfunction later(",
      },
    ],
    situation: 'pushed-again',
    why: 'People and machine push against each other without end.',
  },
  {
    id: 'revert-of-a-revert',
    breaks: ['S18'],
    patches: [
      {
        file: 'controller/git-sync/revert-draft.ts',
        find: 'bad: { commit: introducedBy(observed, bad).spec.commit,',
        replace: 'bad: { commit: observed.source.tip?.commit ?? introducedBy(observed, bad).spec.commit,',
      },
    ],
    situation: 'other-revert',
    why: 'What was taken back comes back.',
  },
  {
    id: 'revert-touches-other-paths',
    breaks: ['S18'],
    patches: [
      {
        file: 'controller/git-revert/examine.ts',
        find: '    ...where,\n    tip,\n    paths,\n',
        replace: "    ...where,\n    tip,\n    paths: ['.', ...paths],\n",
      },
      {
        file: 'controller/git-revert/examine.ts',
        find: '  if (outside.length > 0) {',
        replace: '  if (outside.length < 0) {',
      },
    ],
    situation: 'other-folder',
    why: "Another team's work vanishes from the branch.",
  },
  {
    id: 'push-over-others',
    breaks: ['S18'],
    patches: [
      {
        file: 'controller/git-revert/act.ts',
        find: "      return { kind: 'moved', tip: answer.tip };",
        replace:
          "      return { kind: (await deps.source.push({ ...request, expectedTip: answer.tip }, deps.leadership.signal)).kind === 'pushed' ? 'pushed' : 'contained' };",
      },
    ],
    situation: 'pushed-meanwhile',
    why: 'A commit that somebody pushed a second ago is lost.',
  },
  {
    id: 'pushed-before-it-is-on-record',
    breaks: ['S18'],
    patches: [
      {
        file: 'controller/git-revert/decide.ts',
        find: "  if (status.phase === 'Computed' && status.commit === found.commit && status.tip === found.tip) {",
        replace: '  if (found.commit !== found.tip) {',
      },
    ],
    situation: 'bad-release',
    why: 'After a crash nobody knows whether the revert was written.',
  },
  {
    id: 'applied-commit-of-no-branch',
    breaks: ['S19'],
    patches: [
      {
        file: 'controller/git-sync/decide-tip.ts',
        find: 'candidate: { release: name, commit: tip.commit, digest: tip.digest, since: timeText(now) },',
        replace:
          'candidate: { release: name, commit: tip.digest.slice(0, 40), digest: tip.digest, since: timeText(now) },',
      },
    ],
    situation: 'good-release',
    why: 'Nobody can look up in Git what runs in the cluster.',
  },
  {
    id: 'quarantine-ignored',
    breaks: ['S19'],
    patches: [
      {
        file: 'controller/git-sync/quarantine.ts',
        find: '  return quarantine.filter((entry) => rollouts.some((rollout) => isFor(entry, rollout, home)));\n}\n\n/** The list with',
        replace:
          '  return quarantine.filter(() => rollouts.length < 0 && isFor.length > home.length);\n}\n\n/** The list with',
      },
    ],
    situation: 'pushed-again',
    why: 'The bot bumps the same bad image every hour, and users meet it every hour.',
  },
  {
    id: 'prune-before-the-candidate-is-good',
    breaks: ['S20'],
    patches: [
      {
        file: 'controller/git-sync/observe.ts',
        find: '  if (candidate !== undefined || restore !== undefined || lastGood === undefined) return false;',
        replace: '  if ((candidate === undefined && restore !== undefined) || lastGood === undefined) return false;',
      },
      {
        file: 'controller/git-sync/observe.ts',
        find: 'const settled = status?.candidate === undefined && status?.restore === undefined',
        replace: 'const settled = status?.restore === undefined',
      },
      {
        file: 'controller/git-sync/observe-set.ts',
        find: "  const memory = room.memory(sync.metadata.uid ?? '');\n  const release = findRelease(observed, sync.status?.lastGood?.release);",
        replace:
          "  const memory = room.memory(sync.metadata.uid ?? '');\n  const release = findRelease(observed, sync.status?.candidate?.release ?? sync.status?.lastGood?.release);",
      },
      {
        file: 'controller/git-sync/decide-prune.ts',
        find: '  if (candidate !== undefined || restore !== undefined || lastGood === undefined) return draft;',
        replace: '  if ((candidate === undefined && restore !== undefined) || lastGood === undefined) return draft;',
      },
    ],
    situation: 'object-removed',
    why: 'Stable loses what it still needs, and the way back is gone.',
  },
  {
    id: 'config-of-stable-swept',
    breaks: ['S20'],
    patches: [
      {
        file: 'controller/git-sync/config-sweep.ts',
        find: '    return !keep.has(id) && !used.has(id);',
        replace: "    return id !== '' || (!keep.has(id) && !used.has(id));",
      },
    ],
    situation: 'short-analysis',
    why: 'The next pod of stable does not start, because its config is gone.',
  },
  {
    id: 'prune-without-uid',
    breaks: ['precondition'],
    patches: [
      {
        file: 'controller/git-sync/act.ts',
        find: '          uid: effect.uid,\n',
        replace: '',
      },
    ],
    situation: 'object-removed',
    why: 'An object that somebody made anew under the same name is deleted.',
  },
  {
    id: 'patch-without-version',
    breaks: ['precondition'],
    patches: [
      {
        file: 'controller/rollout/act.ts',
        find: 'const options = { ...this.writeOptions(), uid, resourceVersion, ...(subresource',
        replace:
          "const options = { ...this.writeOptions(), uid, ...(resourceVersion === '' ? { resourceVersion } : {}), ...(subresource",
      },
    ],
    situation: 'short-analysis',
    why: 'A leader that was replaced long ago still moves traffic.',
  },
  {
    id: 'apply-without-version',
    breaks: ['precondition'],
    patches: [
      {
        file: 'controller/git-sync/overlay.ts',
        find: 'return { ...(resourceVersion ? { resourceVersion } : {}), ...(uid ? { uid } : {}) };',
        replace: "return { ...(resourceVersion === '' ? { resourceVersion } : {}), ...(uid ? { uid } : {}) };",
      },
    ],
    situation: 'much-later',
    why: 'An apply sets weights back that the router moved a moment ago.',
  },
  {
    id: 'first-apply-forced',
    breaks: ['precondition'],
    patches: [
      {
        file: 'controller/git-sync/act.ts',
        find: 'const force = payload.metadata.resourceVersion !== undefined;',
        replace: 'const force = true;',
      },
    ],
    situation: 'late-first-apply',
    why: 'A first apply that was thought lost lets the stable Service select all pods in the middle of a release.',
  },
  {
    id: 'good-before-promoted',
    breaks: ['S16'],
    patches: [
      {
        file: 'controller/git-sync/rollout-state.ts',
        find: "  if (seen && stable && status?.phase === 'Healthy') return { kind: 'promoted' };",
        replace: "  if (seen && status?.phase !== undefined) return { kind: 'promoted' };",
      },
    ],
    situation: 'good-release',
    why: 'The release that is gone back to was never proved good.',
  },
  {
    id: 'inventory-forgets',
    breaks: ['S20'],
    patches: [
      {
        file: 'controller/git-sync/decide-prune.ts',
        find: '  const gone = left.filter((one) => !isOurs(one, uid, observed.keys));\n  if (gone.length > 0) {',
        replace:
          '  const gone = left.filter((one) => !isOurs(one, `${uid}x`, observed.keys));\n  if (gone.length > 0) {',
      },
    ],
    situation: 'object-removed',
    why: 'What left Git stays in the cluster for ever, and nobody is told.',
  },
];
