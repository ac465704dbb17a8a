import { describe, expect, it } from 'vitest';
import { isSameChange } from '../sweep/same-change.ts';

const status = (fields: string): string => `patch rollouts.tidegate.io/status shop [${fields}]`;

describe('the same change in other company', () => {
  it('is found by a field of its own', () => {
    expect(isSameChange(status('status.(counts) status.drainUntil'), status('status.drainUntil status.phase'))).toBe(
      true,
    );
    expect(isSameChange(status('status.(counts) status.drainUntil'), status('status.(counts) status.stableRS'))).toBe(
      false,
    );
  });

  it('is found by any field where none is its own', () => {
    expect(isSameChange(status('status.(counts) status.conditions'), status('status.conditions'))).toBe(true);
  });

  it('is of the same object and verb', () => {
    expect(isSameChange('create gitreverts.tidegate.io shop-*', 'create gitreverts.tidegate.io other-*')).toBe(false);
    expect(isSameChange('push git', 'push git')).toBe(true);
    expect(isSameChange('patch services shop [spec.selector]', 'delete services shop')).toBe(false);
  });
});
