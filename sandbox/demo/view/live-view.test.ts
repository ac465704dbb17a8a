import { describe, expect, it } from 'vitest';
import { plainStyle } from '../../../cli/view/style.ts';
import { aDemoScene, anApp, atGate, failing, gitLog, successRate } from '../testing/scenes.ts';
import { columnsOf } from './columns.ts';
import { liveView } from './live-view.ts';

const coloured = { colour: true, ascii: false };
const small = { columns: 80, rows: 24 };

function lineWith(lines: readonly string[], text: string): string {
  return lines.find((line) => line.includes(text)) ?? `no line has "${text}":\n${lines.join('\n')}`;
}

describe('live view', () => {
  it('shows bars, pods, checks against their limits, steps, why and Git on 80x24', () => {
    expect(liveView(aDemoScene(), small, plainStyle)).toEqual([
      ' Tidegate demo · scenario 2 of 3: bad-release · speed 3x',
      ' simulated cluster; the controller, its source process and Git are real',
      ' ✔ good-release: Promoted',
      ' Pushed: web 1.2.0, which fails 60 % of its requests. Hands off from here.',
      '',
      ' web · namespace shop · 1.0.0 → 1.1.0                    ◌ Progressing  step 3/7',
      ' traffic stable  ███████████████████████████████████           80 %',
      '         canary  ████████▉                                     20 %',
      '         asked for 20 % canary, confirmed by the router, 40 requests/s',
      ' pods    stable ■■■■ 4/4    canary ■ 1/1',
      ' checks                  canary   stable   limit     last 12      passed',
      '         ✔ success-rate  97 %     100 %    ≥ 95 %    ▇▇▇          3/5',
      '         ✔ latency-p95   200 ms   50 ms    ≤ 500 ms  ▂▂▃          3/5 dry',
      ' steps   ✔ 20 % ─ ✔ hold ─ ● check ─ ○ 50 % ─ ○ hold ─ ○ check ─ ○ 100 %',
      '         check ▕████████████░░░░░░░░▏ 3 of 5 readings',
      ' why     The step passes when AnalysisRun web-new-2-2 is successful.',
      ' git     branch main, newest first',
      ' ↩ 99aabbc tidegate Revert 1c2d3e4: web failed',
      ' ● 1c2d3e4 Ada      web 1.2.0: new checkout',
      ' ● 0a1b2c3 Ada      web 1.1.0',
      ' ● fedcba9 Ada      web 1.0.0',
      '',
      ' export KUBECONFIG=/tmp/tidegate-demo-a1b2c3/kubeconfig',
      ' q leave (removes everything)   Ctrl-C the same',
    ]);
  });

  it('marks a breach by sign and word, not by colour alone', () => {
    const lines = liveView(aDemoScene({ app: failing }), small, plainStyle);

    expect(lineWith(lines, 'success-rate ')).toBe(
      '         ✖ success-rate  40 %     100 %    ≥ 95 %    ✖✖           0/5',
    );
    expect(lineWith(lines, 'steps')).toContain('✔ hold ─ ✖ check ─ ○ 50 %');
    expect(lineWith(lines, 'Degraded')).toContain('✖ Degraded');
    expect(lines.join(' ').replaceAll(/\s+/g, ' ')).toContain('success-rate 40 %, needs ≥ 95 %');
  });

  it('gives no weight of a release that the controller has not looked at yet', () => {
    const app = anApp({ situation: 'unobserved', traffic: { ...anApp().traffic, wantedPct: 100 } });
    const text = liveView(aDemoScene({ app }), small, plainStyle).join('\n');

    expect(text).toContain('the new release is not looked at yet, 40 requests/s');
    expect(text).not.toContain('asked for');
  });

  it('says at a gate what it waits for', () => {
    const lines = liveView(aDemoScene({ app: atGate }), small, plainStyle);

    expect(lines.join('\n')).toContain('gate until somebody promotes it');
    expect(lines.join('\n')).toContain('‖ Paused');
  });

  it('puts the Git log beside the application where there is room', () => {
    const lines = liveView(aDemoScene(), { columns: 120, rows: 30 }, plainStyle);

    expect(lineWith(lines, 'git ')).toMatch(/step 3\/7\s+│ git {5}branch main, newest first$/);
    expect(lineWith(lines, 'latency-p95')).toContain('3/5 dry');
    expect(lineWith(lines, 'only the cluster')).toContain('controller, source process and Git are real');
  });

  const everyApp = { onTheWay: anApp(), failing, atGate, starting: undefined };
  const sizes = [40, 60, 80, 97, 119, 120, 160, 240].flatMap((columns) =>
    [10, 24, 50].map((rows) => ({ columns, rows })),
  );
  it.each(sizes)('is never larger than $columns columns and $rows rows', (size) => {
    for (const style of [plainStyle, coloured, { colour: false, ascii: true }]) {
      for (const app of Object.values(everyApp)) {
        const { app: _, ...bare } = aDemoScene();
        const lines = liveView(app === undefined ? bare : { ...bare, app }, size, style);

        expect(lines.length).toBeLessThanOrEqual(size.rows);
        expect(Math.max(...lines.map(columnsOf))).toBeLessThanOrEqual(size.columns);
      }
    }
  });

  it('keeps why and keys on every size from 80x24 up', () => {
    for (const columns of [80, 100, 119, 120, 160]) {
      const text = liveView(aDemoScene({ app: failing }), { columns, rows: 24 }, plainStyle).join('\n');

      expect(text).toContain('why     revision 3');
      expect(text).toContain('q leave');
      expect(text).toContain('↩ 99aabbc');
    }
  });

  it('is pure ASCII on demand', () => {
    const scene = aDemoScene({ app: failing });

    expect(liveView(scene, small, { colour: false, ascii: true }).join('\n')).toMatch(/^[\n -~]*$/);
  });

  it('stays within the columns with wide characters in commits and names', () => {
    const git = gitLog.map((line) => ({ ...line, subject: '日本語のコミット'.repeat(8), author: 'エイダ🚀🚀🚀' }));
    const lines = liveView(aDemoScene({ git }), small, plainStyle);

    expect(Math.max(...lines.map(columnsOf))).toBeLessThanOrEqual(80);
    expect(lineWith(lines, '99aabbc')).toMatch(/…$/);
  });

  it('tells a reading that is missing from one that is bad', () => {
    const check = { ...successRate, readings: [{ at: 0, passed: false }] };
    const lines = liveView(aDemoScene({ app: anApp({ checks: [check] }) }), small, plainStyle);

    expect(lineWith(lines, 'success-rate')).toContain('no data');
    expect(lineWith(lines, 'success-rate')).toContain('?');
  });
});
