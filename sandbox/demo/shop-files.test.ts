import { describe, expect, it } from 'vitest';
import { appFolder, shopFiles } from './shop-files.ts';

const version = { version: '1.1.0', errorPct: 0, hasGate: false };

describe('the files of the shop', () => {
  it.each([
    [1, 'result[0] <= 0.5\n'],
    [2.5, 'result[0] <= 1.25\n'],
    [20, 'result[0] <= 10\n'],
  ])('bound the latency by half a real second at speed %d, and say so', (speed, condition) => {
    const checks = shopFiles(version, speed)[`${appFolder}/checks.yaml`];

    expect(checks).toContain(condition);
    expect(checks).toContain(`# At speed ${speed} half a second of real time`);
  });
});
