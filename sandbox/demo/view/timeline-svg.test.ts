import { describe, expect, it } from 'vitest';
import { rolledBack, start, timeline } from '../testing/timelines.ts';
import { anApp, failing, now } from '../testing/scenes.ts';
import { timelineRecorder } from './timeline.ts';
import { timelineSvg } from './timeline-svg.ts';

const svg = timelineSvg(timeline);
const count = (pattern: RegExp): number => svg.match(pattern)?.length ?? 0;

describe('timeline as SVG', () => {
  it('is the same for the same record', () => expect(timelineSvg(timeline)).toBe(svg));

  it('stands alone: no scripts, links, fonts or images', () => {
    expect(svg).not.toMatch(/<script|href|url\(|@import|<image|foreignObject|on\w+=/);
    expect(svg.match(/https?:[^"]+/g)).toEqual(['http://www.w3.org/2000/svg']);
  });

  it('says in title, description and table what it shows', () => {
    expect(svg).toContain('<title id="title">Tidegate demo: bad-release RolledBack, gate GatePromoted</title>');
    expect(svg).toMatch(/<desc id="desc">.*traffic was back after 210 ms, 132 requests exposed/);
    expect(svg).toContain('needs ≥ 95 %; 3 readings, 2 beyond the limit: 43 %, no data, 40 %');
    expect(count(/role="table"/g)).toBe(2);
  });

  it('draws a cross for every reading beyond its limit, a gap for a missing one, a dot for the others', () => {
    const legend = 1;
    expect(count(/<path class="cross"/g)).toBe(2 + legend);
    expect(count(/<circle class="dot"/g)).toBe(3 + legend);
    expect(count(/<rect class="gap"/g)).toBe(1);
  });

  it('names the revert, the person and the failed step', () => {
    expect(svg).toContain('revert 99aabbc pushed by Tidegate');
    expect(svg).toContain('promoted by kubernetes-admin');
    expect(svg.match(/<rect class="step-bad"[^>]*><title>check<\/title>/g)).toHaveLength(1);
  });

  it('follows light and dark', () => expect(svg).toContain('@media (prefers-color-scheme: dark)'));

  it('writes what others wrote as text', () => {
    expect(svg).toContain('Ada &lt;ada@example.com&gt;');
    expect(svg).not.toContain('<ada@');
  });

  it('is well-formed with nothing recorded', () => {
    const empty = { ...rolledBack, traffic: [], steps: [], checks: [], pins: [], to: start };
    expect(timelineSvg({ ...timeline, runs: [empty] })).not.toMatch(/NaN|Infinity|undefined/);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });
});

describe('the record of a scenario', () => {
  it('has one band per step, two of the same name apart, and the failed one marked', () => {
    const recorder = timelineRecorder('bad-release', 'story');
    const atStep = (index: number) =>
      anApp({
        steps: anApp().steps.map(({ label }, at) => ({
          label,
          state: at < index ? 'done' : at === index ? 'current' : 'todo',
        })),
      });
    recorder.app(start, atStep(0));
    recorder.app(start + 1000, atStep(2));
    recorder.app(start + 2000, atStep(5));
    recorder.app(start + 3000, failing);
    const { steps, checks } = recorder.end({ from: now - 60_000, to: start + 4000 }, [], rolledBack.verdict);

    expect(steps.map(({ label, from, to, isFailed }) => [label, from - start, to - start, isFailed])).toEqual([
      ['20 %', 0, 1000, false],
      ['check', 1000, 2000, false],
      ['check', 2000, 3000, true],
    ]);
    // Readings of before the scenario are not part of it.
    const later = timelineRecorder('bad-release', 'story');
    later.app(start, failing);
    expect(later.end({ from: now + 1, to: now + 2 }, [], rolledBack.verdict).checks).toEqual([]);
    expect(checks.map(({ name }) => name)).toEqual(['success-rate', 'latency-p95']);
  });
});
