/** Follows kustomizations through the closure and collects exactly the files a build will read, or says what is not allowed and where. */
import { isJsonObject } from '../../crds/schema/json.ts';
import type { RenderProblem } from '../contract.ts';
import type { Fetcher } from '../fetch.ts';
import type { Session } from '../repository.ts';
import type { TreeEntry } from '../tree.ts';
import { type Closure, folderOf, type Located, locate } from './closure.ts';
import { type InputLimits, readInputs } from './inputs.ts';
import { KUSTOMIZATION_FILES, pluginProblem, type Reference, scanKustomization } from './kustomization.ts';
import { readYaml } from './yaml.ts';

export interface ScanResult {
  readonly problems: readonly RenderProblem[];
  /** Files and symlinks to lay out for the build. */
  readonly inputs: readonly TreeEntry[];
}

interface Walk {
  readonly session: Session;
  readonly fetcher: Fetcher;
  readonly closure: Closure;
  readonly limits: InputLimits;
  readonly problems: RenderProblem[];
  readonly inputs: Map<string, TreeEntry>;
  readonly folders: string[];
  readonly seen: Set<string>;
  readonly plugins: Set<string>;
}

const MAX_FOLDERS = 500;

/** The kustomization file of a folder, if it has one. */
export function kustomizationIn(closure: Closure, folder: string): string | undefined {
  const prefix = folder === '.' ? '' : `${folder}/`;
  return [...KUSTOMIZATION_FILES].map((name) => prefix + name).find((path) => closure.files.has(path));
}

/** Scans from spec.path on. */
export async function scanKustomizations(
  session: Session,
  fetcher: Fetcher,
  closure: Closure,
  path: string,
  limits: InputLimits,
): Promise<ScanResult> {
  const walk: Walk = {
    session,
    fetcher,
    closure,
    limits,
    problems: [],
    inputs: new Map(),
    folders: [path],
    seen: new Set([path]),
    plugins: new Set(),
  };
  for (let folder = walk.folders.shift(); folder !== undefined; folder = walk.folders.shift()) {
    await visit(walk, folder);
    if (walk.seen.size > MAX_FOLDERS)
      walk.problems.push({ path, message: `${path} leads to more than ${MAX_FOLDERS} kustomizations; split it.` });
    if (walk.problems.length > 0) break;
  }
  if (walk.problems.length === 0) await checkPlugins(walk);
  // A builtin plugin may name more files than its schema shows here: then everything that may be read is an input.
  const inputs = walk.plugins.size === 0 ? walk.inputs : closure.files;
  return { problems: walk.problems, inputs: [...inputs.values()] };
}

async function visit(walk: Walk, folder: string): Promise<void> {
  const file = kustomizationIn(walk.closure, folder);
  if (file === undefined) {
    walk.problems.push({
      path: folder,
      message: `${folder} has no kustomization.yaml, but another kustomization builds it; add one or correct the name.`,
    });
    return;
  }
  addInput(walk, locate(walk.closure, folder, file.slice(folder === '.' ? 0 : folder.length + 1)), file, {
    field: 'file',
    target: file,
    wants: 'file',
  });
  const value = (await documents(walk, file))?.at(0);
  if (value === undefined) return;
  if (!isJsonObject(value)) {
    walk.problems.push({ path: file, message: `${file} is not a kustomization; correct the file.` });
    return;
  }
  const scan = scanKustomization(value);
  for (const refusal of scan.refusals) walk.problems.push({ path: file, message: `${file}: ${refusal}.` });
  for (const reference of scan.references)
    addInput(walk, locate(walk.closure, folder, reference.target), file, reference);
  for (const { field, text } of scan.inlinePlugins) checkPlugin(walk, file, text, field);
  if (scan.inlinePlugins.length > 0) walk.plugins.add(file);
}

function addInput(walk: Walk, found: Located, file: string, reference: Reference): void {
  const what = `${file}: ${reference.field} ${JSON.stringify(reference.target)}`;
  if (found.kind === 'outside') {
    walk.problems.push({
      path: file,
      message: `${what} leads out of spec.path and spec.alsoPaths, to ${found.path}; add that path to spec.alsoPaths.`,
    });
    return;
  }
  if (found.kind === 'missing') {
    walk.problems.push({ path: file, message: `${what} does not exist; add it or correct the name.` });
    return;
  }
  if (reference.wants !== 'any' && reference.wants !== found.kind) {
    walk.problems.push({
      path: file,
      message: `${what} is a ${found.kind}, not a ${reference.wants}; correct the name.`,
    });
    return;
  }
  const leaf = found.kind === 'file' ? [found.path] : [];
  for (const path of [...found.through, ...leaf]) {
    const entry = walk.closure.files.get(path);
    if (entry !== undefined) walk.inputs.set(path, entry);
  }
  if (found.kind === 'file' && reference.plugin === true) walk.plugins.add(found.path);
  if (found.kind === 'folder' && !walk.seen.has(found.path)) {
    walk.seen.add(found.path);
    walk.folders.push(found.path);
  }
}

async function checkPlugins(walk: Walk): Promise<void> {
  for (const path of walk.plugins) {
    if (KUSTOMIZATION_FILES.has(path.slice(path.lastIndexOf('/') + 1))) continue;
    for (const value of (await documents(walk, path)) ?? []) reportPlugin(walk, path, pluginProblem(value));
  }
}

function checkPlugin(walk: Walk, file: string, text: string, field: string): void {
  const result = readYaml(text);
  if (result.kind === 'invalid')
    walk.problems.push({ path: file, message: `${file}: ${field} can't be read: ${result.message}; correct it.` });
  else for (const { value } of result.documents) reportPlugin(walk, `${file}: ${field}`, pluginProblem(value));
}

function reportPlugin(walk: Walk, where: string, problem: string | undefined): void {
  if (problem !== undefined)
    walk.problems.push({ path: where.split(': ')[0] ?? where, message: `${where} ${problem}.` });
}

async function documents(walk: Walk, path: string) {
  const found = locate(walk.closure, folderOf(path), path.slice(path.lastIndexOf('/') + 1));
  const entry = found.kind === 'file' ? walk.closure.files.get(found.path) : undefined;
  if (entry === undefined) return undefined;
  const content = (await readInputs(walk.session, walk.fetcher, [entry], walk.limits)).get(entry.path);
  const result = readYaml(content?.toString('utf8') ?? '');
  if (result.kind === 'ok') return result.documents.map((document) => document.value);
  const at = result.line === undefined ? path : `${path}:${result.line}`;
  walk.problems.push({
    path,
    message: `${at} can't be read: ${result.message}; correct it.`,
    ...(result.line === undefined ? {} : { line: result.line }),
  });
  return undefined;
}
