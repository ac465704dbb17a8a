import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { controllerRules } from './rbac.ts';
import { rbacFile, rbacYaml } from './rbac-yaml.ts';

it('the committed rights are those of the code (npm run generate)', () => {
  expect(readFileSync(join(import.meta.dirname, '..', rbacFile), 'utf8')).toBe(rbacYaml());
});

it('asks for no wildcard and for no right to Secrets', () => {
  const rules = controllerRules('tidegate.io');

  expect(rules.flatMap((rule) => [...rule.apiGroups, ...rule.resources, ...rule.verbs])).not.toContain('*');
  expect(rules.flatMap((rule) => rule.resources)).not.toContain('secrets');
});
