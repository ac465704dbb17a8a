/** docs/regressions.md: which scenarios there are, which bug each comes from, and what their crash sweep came to. Pure. */

import type { Swept } from './crash-sweep.ts';
import type { Regression } from './regression.ts';

const head = `# Bugs of others, played here

Each row is a bug that users of another controller reported. Its scenario is played on the real controller code in virtual time,
with the faults that made the bug show, and judged from outside ([how](faults.md)). Its test also loads a controller that has the
bug and expects to find it. \`npm run -s sweep -- --regressions\` kills the controller at each side of each write of a scenario; this
page is written by it.

`;

export function reportOf(regressions: readonly Regression[], swept: readonly Swept[]): string {
  const crashes = sum(swept.map((one) => one.crashes));
  const found = sum(swept.map((one) => one.found.length));
  const missed = sum(swept.map((one) => one.missed));
  const whole = swept.filter(({ writes, crashes: played }) => played >= writes * 3).length;
  const timed = swept.filter(({ cpuMs }) => cpuMs > 0);
  const each = Math.round(sum(timed.map(({ cpuMs }) => cpuMs)) / Math.max(1, sum(timed.map((one) => one.crashes))));
  const cost = timed.length === 0 ? '' : ` A crash costs ${each} ms of processor time.`;
  const count = `Swept so far: ${whole} of ${regressions.length} scenarios as a whole, ${swept.length - whole} in part, ${crashes} crashes (${missed} of them at a write that did not come in that form again), ${found} findings.${cost}\n\n`;
  const rows = regressions.map(({ id, wrong, mutant }) => {
    const one = swept.find((entry) => entry.id === id);
    const result =
      one === undefined ? ['not swept yet', ''] : [`${one.crashes} of ${one.writes * 3}`, String(one.found.length)];
    return `| [${id}](../test/faults/regressions/${id}.test.ts) | ${wrong} | ${mutant.shows.join(', ')} | ${result.join(' | ')} |`;
  });
  const open = swept.flatMap(({ id, found: sentences }) => sentences.slice(0, 5).map((text) => `- ${id}: ${text}`));
  const findings = open.length === 0 ? '' : `\n## Findings\n\n${open.join('\n')}\n`;
  return `${head}${count}| row | what went wrong elsewhere | the mutant shows by | crashes | findings |\n|---|---|---|---|---|\n${rows.join('\n')}\n${findings}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
