import { describe, expect, it } from 'vitest';
import { anApp, failing, now, successRate } from '../testing/scenes.ts';
import { changeTeller } from './changes.ts';
import type { AppPicture } from './demo-scene.ts';
import { eventLine } from './line-view.ts';

function lines(...looks: readonly AppPicture[]): readonly string[] {
  const tell = changeTeller();
  const told = looks.map((look) => tell(look));
  return (told.at(-1) ?? []).map((event) => eventLine({ ...event, at: now }));
}

describe('lines of a log', () => {
  it('tells nothing when nothing happened', () => expect(lines(anApp(), anApp())).toEqual([]));

  it('tells a new weight when the router has confirmed it', () => {
    const asked = anApp({ traffic: { ...anApp().traffic, wantedPct: 50, confirmed: 'no' } });
    const confirmed = anApp({ traffic: { ...asked.traffic, confirmed: 'yes' } });

    expect(lines(anApp(), asked)).toEqual([]);
    expect(lines(anApp(), asked, confirmed)).toEqual(['14:30:00Z weight      web 20->50 step=3/7']);
  });

  it('tells neither weight nor step of a status that speaks of the release before', () => {
    const settled = anApp({
      situation: 'settled',
      traffic: { ...anApp().traffic, wantedPct: 0 },
      steps: anApp().steps.map((step) => ({ ...step, state: 'done' })),
    });
    const stale = anApp({ situation: 'unobserved', traffic: { ...settled.traffic, wantedPct: 100, confirmed: 'yes' } });
    const first = anApp();

    expect(lines(settled, stale)).toEqual([]);
    expect(lines(settled, stale, first)).toEqual([
      '14:30:00Z weight      web 0->20 step=3/7',
      '14:30:00Z step        web step=3/7 check',
    ]);
  });

  it('tells no step of the very first release, which takes none', () => {
    const { stable: _, ...first } = anApp();

    expect(lines(first).filter((line) => line.includes('step='))).toEqual([]);
  });

  it('tells no weight that the router was not asked about', () => {
    const traffic = { ...anApp().traffic, wantedPct: 100, confirmed: 'unknown' as const };

    expect(lines(anApp(), anApp({ traffic }))).toEqual([]);
  });

  it('tells no weight when a release has become the stable one', () => {
    const traffic = { ...anApp().traffic, wantedPct: 0 };
    const settled = anApp({ situation: 'settled', traffic });

    expect(lines(anApp(), settled)).toEqual([]);
  });

  it('tells each reading once, with its limit, also after the release has become the stable one', () => {
    const fourth = { at: now, value: 0.412, passed: false };
    const more = anApp({ checks: [{ ...successRate, readings: [...successRate.readings, fourth] }] });
    const { canary: _, ...settled } = more;

    expect(lines(anApp(), more)).toEqual(['14:30:00Z check       web success-rate=41.2% limit>=95% verdict=fail']);
    expect(lines(anApp(), more, settled)).toEqual([]);
  });

  it('tells a rollback with the reading that broke its limit', () => {
    const told = lines(anApp(), failing);

    expect(told.find((line) => line.includes('rolled-back'))).toBe(
      '14:30:00Z rolled-back web 1.2.0 check=success-rate got=40% want>=95%',
    );
  });

  it('has no escape codes whatever others wrote', () => {
    const line = eventLine({
      type: 'commit',
      at: now,
      commit: 'abcdef0123',
      author: 'A\u001b[31m',
      subject: 'x\u001b]0;y\u0007\nz',
    });

    // oxlint-disable-next-line no-control-regex
    expect(line).not.toMatch(/[\u0007\n]|\u001b\]/);
  });
});
