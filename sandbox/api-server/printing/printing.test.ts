import { describe, expect, it } from 'vitest';
import { humanDuration } from './age.ts';
import { parseJsonPath, valuesAtPath } from './json-path.ts';
import { podCells } from './pod-cells.ts';

describe('humanDuration', () => {
  it.each([
    [5, '5s'],
    [119, '119s'],
    [226, '3m46s'],
    [600, '10m'],
    [10_799, '179m'],
    [10_800, '3h'],
    [86_400 * 3 + 3600, '3d1h'],
    [86_400 * 30, '30d'],
    [86_400 * 365 * 3, '3y'],
  ])('says %d seconds as %s', (seconds, words) => {
    expect(humanDuration(seconds * 1000)).toBe(words);
  });
});

describe('a path of a column', () => {
  const object = {
    status: {
      phase: 'Healthy',
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'Stalled', status: 'False' },
      ],
    },
  };

  it.each([
    ['.status.phase', ['Healthy']],
    ['.status.conditions[?(@.type=="Stalled")].status', ['False']],
    ['.status.conditions[0].type', ['Ready']],
    ['.status.conditions[*].type', ['Ready', 'Stalled']],
    ['.status.none.deeper', []],
  ])('%s', (text, wanted) => {
    expect(valuesAtPath(object, parseJsonPath(text) ?? [])).toEqual(wanted);
  });

  it('that is not understood gives no column', () => {
    expect(parseJsonPath('.a[?(@.b>3)]')).toBeUndefined();
  });
});

describe('the state of a pod', () => {
  const spec = { containers: [{ name: 'web' }] };
  const waiting = { containerStatuses: [{ state: { waiting: { reason: 'ImagePullBackOff' } } }] };
  const ready = { containerStatuses: [{ ready: true, restartCount: 2, state: { running: {} } }] };

  it.each([
    ['Pending', { phase: 'Pending' }, {}, ['0/1', 'Pending', '0']],
    ['what its container waits for', { phase: 'Pending', ...waiting }, {}, ['0/1', 'ImagePullBackOff', '0']],
    ['Running', { phase: 'Running', ...ready }, {}, ['1/1', 'Running', '2']],
    ['Terminating', { phase: 'Running' }, { deletionTimestamp: '2026-01-01T00:00:00Z' }, ['0/1', 'Terminating', '0']],
  ])('is %s', (_title, status, metadata, wanted) => {
    expect(podCells({ metadata: { name: 'p', ...metadata }, spec, status }, 0).slice(0, 3)).toEqual(wanted);
  });
});
