/** Health and action scripts for Argo CD, run by a Lua interpreter of the version that Argo CD has inside. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { finalGitRevertPhases, gitRevertPhases } from '../../crds/schema/git-revert.ts';
import { gitSyncPhases } from '../../crds/schema/git-sync.ts';
import { commandVerbs, keys } from '../../crds/schema/keys.ts';
import { tidegateDialect } from '../../crds/schema/dialect.ts';
import { isJsonObject, type Json, type JsonObject } from '../../crds/schema/json.ts';
import { releasePhases } from '../../crds/schema/release.ts';
import { analysisPhases, rolloutPhases } from '../../crds/schema/rollout-status.ts';
import { missingProgram, program } from '../bed/programs.ts';
import { run } from '../bed/run-command.ts';

const missing = missingProgram(['lua5.1']);
const folder = join(import.meta.dirname, '..', '..', 'examples', 'argo-cd');
const key = keys(tidegateDialect);

/** Phases of every kind that has a health script. */
const phases: Readonly<Record<string, readonly string[]>> = {
  Rollout: rolloutPhases,
  AnalysisRun: analysisPhases,
  Experiment: analysisPhases,
  GitSync: gitSyncPhases,
  GitRevert: gitRevertPhases,
  Release: releasePhases,
};

describe.skipIf(missing !== undefined)(`Argo CD's scripts${missing ? ` (skipped: ${missing})` : ''}`, () => {
  it('tell the health of every phase of every kind, and of an object that nobody has seen yet', async () => {
    for (const [kind, all] of Object.entries(phases)) {
      const told = await Promise.all(all.map((phase) => health(kind, { phase, message: 'why' })));

      for (const [index, one] of told.entries()) {
        expect(one, `${kind} ${all[index]}`).toMatchObject({ message: 'why' });
        expect(['Healthy', 'Progressing', 'Suspended', 'Degraded'], `${kind} ${all[index]}`).toContain(one.status);
      }
      expect((await health(kind, undefined)).status).toBe('Progressing');
    }
  });

  it('say healthy, degraded and waiting as the controller means it', async () => {
    const of = async (kind: string, phase: string): Promise<unknown> => (await health(kind, { phase })).status;

    expect(await of('Rollout', 'Healthy')).toBe('Healthy');
    expect(await of('Rollout', 'Paused')).toBe('Suspended');
    expect(await of('Rollout', 'Degraded')).toBe('Degraded');
    expect(await of('GitSync', 'Good')).toBe('Healthy');
    for (const phase of finalGitRevertPhases) expect(await of('GitRevert', phase)).not.toBe('Progressing');
  });

  it('are patient while a change has not been seen', async () => {
    const told = await lua('health/Rollout.lua', {
      metadata: { generation: 3 },
      status: { observedGeneration: 2, phase: 'Healthy' },
    });

    expect(told).toMatchObject({ status: 'Progressing' });
  });

  it('offer what would be accepted', async () => {
    const paused = { phase: 'Paused', stableRS: 'old', currentPodHash: 'new', pauseConditions: [{ reason: 'x' }] };
    const at = async (status: JsonObject): Promise<readonly string[]> => {
      const offered = await lua('actions/discovery.lua', { metadata: { generation: 1 }, status });
      const enabled = Object.entries(offered).filter(([, one]) => isJsonObject(one) && one.disabled === false);
      return enabled.map(([name]) => name).toSorted();
    };

    expect(await at(paused)).toEqual(['abort', 'promote', 'promote-full', 'resume']);
    expect(await at({ phase: 'Healthy', stableRS: 'new', currentPodHash: 'new' })).toEqual(['restart']);
    expect(await at({ phase: 'Degraded', stableRS: 'old', currentPodHash: 'new', abortedAt: 'then' })).toEqual([
      'promote-full',
      'retry',
    ]);
  });

  it('send each command in the form that the controller takes', async () => {
    const offered = readdirSync(join(folder, 'actions')).map((file) => file.replace('.lua', ''));
    expect(offered.toSorted()).toEqual([...commandVerbs, 'discovery', 'restart'].toSorted());

    for (const verb of commandVerbs) {
      const sent = await lua(`actions/${verb}.lua`, {
        metadata: { generation: 1, annotations: { kept: 'yes' } },
        status: { currentPodHash: 'new' },
      });
      const notes = (sent.metadata as JsonObject).annotations;

      expect(notes).toMatchObject({ kept: 'yes', [key.command]: verb, [key.commandRevision]: 'new' });
      expect((notes as JsonObject)[key.commandId]).toMatch(/^argo-cd-/);
    }
  });

  it('restart by a time that the API server takes', async () => {
    const sent = await lua('actions/restart.lua', { metadata: { generation: 1 }, spec: {} });

    expect((sent.spec as JsonObject).restartAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });
});

function health(kind: string, status: JsonObject | undefined): Promise<JsonObject> {
  return lua(`health/${kind}.lua`, { metadata: { generation: 1 }, ...(status === undefined ? {} : { status }) });
}

/** What a script answers for an object: it is a function's body that sees the object as `obj`. */
async function lua(file: string, object: JsonObject): Promise<JsonObject> {
  const script = readFileSync(join(folder, file), 'utf8');
  const text = await run(program('lua5.1'), ['-'], {
    input: `obj = ${luaText(object)}\nlocal answer = (function()\n${script}\nend)()\n${printer}\nio.write(json(answer))\n`,
  });
  return JSON.parse(text) as JsonObject;
}

function luaText(value: Json): string {
  if (value === null) return 'nil';
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `{${value.map(luaText).join(', ')}}`;
  if (typeof value !== 'object') return String(value);
  const fields = Object.entries(value).filter((field): field is [string, Json] => field[1] !== undefined);
  return `{${fields.map(([name, one]) => `[${JSON.stringify(name)}] = ${luaText(one)}`).join(', ')}}`;
}

/** Tables with only numbered fields are lists; an empty one is an object. */
const printer = `
function json(value)
  if type(value) == "string" then return string.format("%q", value) end
  if type(value) ~= "table" then return tostring(value) end
  local parts = {}
  if #value > 0 then
    for _, one in ipairs(value) do parts[#parts + 1] = json(one) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for name, one in pairs(value) do parts[#parts + 1] = string.format("%q", name) .. ":" .. json(one) end
  return "{" .. table.concat(parts, ",") .. "}"
end`;
