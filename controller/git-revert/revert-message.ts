/** The message of a revert commit: what was taken back, why, and trailers that tools can read. Bounded and escaped. Pure. */

import type { GitRevert } from '../../crds/schema/git-revert.ts';

const longestSubject = 72;
const longestLine = 300;
const mostFailed = 20;

/** Text from metrics and people: no control characters, no line of its own that could pass for a trailer. */
function line(text: string, most: number = longestLine): string {
  // oxlint-disable-next-line no-control-regex
  const clean = text.replaceAll(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ').trim();
  return clean.length <= most ? clean : `${clean.slice(0, most - 1)}…`;
}

/** The same for the same GitRevert, so that the commit is a function of the record alone. */
export function revertMessage(revert: GitRevert): string {
  const { bad, good, failed, gitSync, verdict, runName, clusterId, actor, paths } = revert.spec;
  const names = failed.slice(0, mostFailed).map((one) => line(one.rollout, 100));
  const subject = line(`Revert ${bad.commit.slice(0, 7)}: ${names.join(', ')} failed`, longestSubject);
  const body = [
    `Release ${line(bad.release)} of ${line(gitSync.name)} failed in the cluster and was taken back.`,
    `Why: ${line(verdict)}`,
    `This commit brings ${paths.map((path) => line(path, 200)).join(', ')} back to ${good.commit.slice(0, 7)} and keeps later edits.`,
    'To bring the change back, revert this commit together with a fix.',
  ];
  const trailers = [
    ['Tidegate-Revert-Of', bad.commit],
    ...names.map((name) => ['Tidegate-Rollout', name]),
    ['Tidegate-Good', good.commit],
    ['Tidegate-Digest', good.digest],
    ['Tidegate-Verdict', revert.spec.cause],
    ...(runName === undefined ? [] : [['Tidegate-Run', runName]]),
    ['Tidegate-Cluster', clusterId],
    ...(actor === undefined ? [] : [['Tidegate-Actor', actor]]),
  ].map(([name = '', value = '']) => `${name}: ${line(value)}`);
  return `${subject}\n\n${body.join('\n')}\n\n${trailers.join('\n')}\n`;
}
