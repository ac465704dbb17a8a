/** The operator's step plugins: names, addresses and keys out of one YAML file, read at the start of the controller. */

import { readFile } from 'node:fs/promises';
import { load } from 'js-yaml';
import { z } from 'zod';

const name = z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9._/-]{0,251}[A-Za-z0-9])?$/);

const StepPlugin = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  timeoutSeconds: z.number().int().min(1).max(300).default(30),
  /** Path of a file with the key of the signature; read at every call, so a rotated key counts at once. */
  secretFile: z.string().optional(),
  disabled: z.boolean().default(false),
});
export type StepPlugin = z.infer<typeof StepPlugin>;

/** By name. */
export type StepPlugins = ReadonlyMap<string, StepPlugin>;

/** `plugins: {<name>: {url, timeoutSeconds, secretFile, disabled}}`. Throws one sentence on what is wrong. */
export async function readStepPlugins(path: string | undefined): Promise<StepPlugins> {
  if (path === undefined) return new Map();
  const wrong = (why: string) => new Error(`Setting --step-plugins-file: the file ${path} can't be used: ${why}.`);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) throw wrong('it can not be read');
  const parsed = z.strictObject({ plugins: z.record(name, StepPlugin) }).safeParse(loaded(text));
  if (parsed.success) return new Map(Object.entries(parsed.data.plugins));
  const [issue] = parsed.error.issues;
  throw wrong(`${issue?.path.map(String).join('.') || 'the whole'}: ${issue?.message ?? 'it is not valid'}`);
}

function loaded(text: string): unknown {
  try {
    return load(text);
  } catch {
    // Told as what it is not: an object with plugins.
    return undefined;
  }
}

/** Host names and addresses of the plugins: the operator's word is what allows them. */
export function pluginHosts(plugins: StepPlugins): readonly string[] {
  return [...plugins.values()].map(({ url }) => new URL(url).hostname.replace(/^\[|\]$/g, ''));
}
