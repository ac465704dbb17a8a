import { describe, expect, it } from 'vitest';
import { crdManifests } from '../manifests.ts';
import { argoDialect, tidegateDialect } from './dialect.ts';
import type { Gate } from './gates.ts';
import { reporter } from './problem.ts';
import type { Rollout } from './rollout.ts';
import { hostOf, validateGates } from './validate-gates.ts';

const gate = (more: Partial<Gate> = {}): Gate => ({
  name: 'go',
  type: 'confirm-rollout',
  url: 'https://gates.example/go?team=web',
  ...more,
});
const problems = (...gates: Gate[]) =>
  validateGates({ spec: { strategy: {}, gates } } as Rollout, reporter('Rollout shop/web')).map((one) => one.message);

describe('gates', () => {
  it('may name any complete address', () => {
    const urls = ['http://gate:8080', 'http://10.0.0.1/x', 'http://[fd00::1]:80/x?y=1'];
    expect(problems(...urls.map((url, index) => gate({ url, name: `g${index}` })))).toEqual([]);
  });

  it('have names of their own', () => {
    expect(problems(gate(), gate())).toEqual([
      'Rollout shop/web: spec.gates[1].name is "go", but another gate has this name: choose another one.',
    ]);
  });

  it.each(['https://user:secret@gates.example/x', 'http:///x', 'http://gate example/'])(
    'refuses the address %s without repeating what may be secret',
    (url) => {
      const [message = ''] = problems(gate({ url }));
      expect(message).toContain('spec.gates[0].url');
      expect(message).not.toContain('secret@');
    },
  );

  it('are named by their host only', () => {
    expect(hostOf('https://user:secret@gates.example:8443/path?token=x')).toBe('gates.example:8443');
  });

  it('are a field of tidegate.io only', () => {
    const text = (dialect: typeof argoDialect) =>
      JSON.stringify(crdManifests(dialect).filter((one) => JSON.stringify(one).includes('"kind":"Rollout"')));
    expect(text(tidegateDialect)).toContain('confirm-promotion');
    expect(text(argoDialect)).not.toContain('confirm-promotion');
  });
});
