import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { argoCdConfig } from './argo-cd-config.ts';

const folder = join(import.meta.dirname, '..', 'examples', 'argo-cd');

describe("Argo CD's settings", () => {
  it('are what the scripts beside them say: npm run generate writes them anew', () => {
    expect(readFileSync(join(folder, 'argocd-cm.yaml'), 'utf8')).toBe(argoCdConfig());
  });

  it('carry each script whole, the actions as YAML within the YAML', () => {
    const { data } = load(argoCdConfig()) as { data: Record<string, string> };
    const actions = load(data['resource.customizations.actions.tidegate.io_Rollout'] ?? '') as {
      'discovery.lua': string;
      definitions: { name: string; 'action.lua': string }[];
    };

    expect(data['resource.customizations.health.tidegate.io_Rollout']?.trim()).toBe(text('health/Rollout.lua'));
    expect(actions['discovery.lua'].trim()).toBe(text('actions/discovery.lua'));
    expect(actions.definitions.map(({ name }) => name)).toContain('abort');
    for (const { name, 'action.lua': action } of actions.definitions)
      expect(action.trim()).toBe(text(`actions/${name}.lua`));
  });
});

function text(file: string): string {
  return readFileSync(join(folder, file), 'utf8').trim();
}
