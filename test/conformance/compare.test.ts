/** The comparison itself: it must see every difference, and take chance for what it is. */

import { describe, expect, it } from 'vitest';
import type { Json } from '../../crds/schema/json.ts';
import type { Case } from './case.ts';
import { compare, differencesText } from './compare.ts';
import { normalise } from './normalise.ts';

const aCase = (more: Partial<Case> = {}): Case => ({ id: 'some', shows: 'Something.', steps: [], ...more });
const answers = (each: Case, ...bodies: readonly Json[]) =>
  normalise(each, { answers: bodies.map((body) => ({ status: 200, body })), sent: '' });

const uidA = '11111111-1111-4111-8111-111111111111';
const uidB = '22222222-2222-4222-8222-222222222222';
const object = (version: number, uid: string, more: object = {}): Json => ({
  kind: 'ConfigMap',
  metadata: { name: 'a', uid, resourceVersion: String(version), creationTimestamp: '2026-01-01T00:00:00Z' },
  ...more,
});

const differences = (each: Case, real: readonly Json[], sandbox: readonly Json[]): string =>
  differencesText(compare(each, answers(each, ...real), answers(each, ...sandbox)).differences);

describe('comparing answers', () => {
  it('takes other uids, versions and times for the same when they mean the same', () => {
    expect(differences(aCase(), [object(7, uidA), object(9, uidA)], [object(100, uidB), object(2_000, uidB)])).toBe('');
  });

  it.each([
    ['a version that did not rise', object(7, uidA)],
    ['another uid', object(9, uidB)],
    ['a value', object(9, uidA, { data: { x: '1' } })],
    ['no time', { kind: 'ConfigMap', metadata: { name: 'a', uid: uidA, resourceVersion: '9' } }],
  ])('sees %s', (_what, second) => {
    expect(differences(aCase(), [object(7, uidA), object(9, uidA)], [object(7, uidA), second])).not.toBe('');
  });

  it('leaves out what a case does not compare, and nothing else', () => {
    const each = aCase({ ignore: [{ path: '0.body.address', why: 'chance' }] });

    expect(differences(each, [{ address: '1', port: 1 }], [{ address: '2', port: 1 }])).toBe('');
    expect(differences(each, [{ address: '1', port: 1 }], [{ address: '2', port: 2 }])).toContain('0.body.port');
  });

  it('does not care about the order of several faults, but about each of them', () => {
    const fault = (field: string, message: string) => ({ reason: 'FieldValueInvalid', field, message });
    const status = (...causes: readonly ReturnType<typeof fault>[]): Json => ({
      kind: 'Status',
      message: `X "a" is invalid: [${causes.map(({ field, message }) => `${field}: ${message}`).join(', ')}]`,
      details: { causes },
    });
    const [one, two, three] = [fault('a', 'bad'), fault('b', 'worse'), fault('c', 'worst')];

    expect(differences(aCase(), [status(one, two)], [status(two, one)])).toBe('');
    expect(differences(aCase(), [status(one, two)], [status(one, three)])).not.toBe('');
  });
});
