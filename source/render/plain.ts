/** Renders a folder of plain manifests: every *.yaml, *.yml and *.json below spec.path, sorted by path. */
import type { RenderProblem } from '../contract.ts';
import type { Fetcher } from '../fetch.ts';
import { isUnder } from '../refs.ts';
import type { Session } from '../repository.ts';
import type { TreeEntry } from '../tree.ts';
import { type Closure, folderOf, locate } from './closure.ts';
import { type InputLimits, readInputs } from './inputs.ts';
import { documentsOf, objectsOf } from './objects.ts';
import type { Rendered } from './rendered.ts';

/** Goes into the digest: raised when the same files would give other objects. */
export const PLAIN_RENDERER = 'plain/1';

const MANIFEST = /\.(?:ya?ml|json)$/i;

/** Files and folders whose name starts with a dot are left out, such as .github. */
export async function renderPlain(
  session: Session,
  fetcher: Fetcher,
  closure: Closure,
  path: string,
  limits: InputLimits,
): Promise<Rendered> {
  const { files, inputs, problems } = manifestsIn(closure, path);
  if (problems.length > 0) return { kind: 'invalid', problems };
  const contents = await readInputs(session, fetcher, [...files.values()], limits);
  const read = [...files].map(([shown, entry]) => documentsOf(shown, contents.get(entry.path) ?? Buffer.alloc(0)));
  const unreadable = read.flatMap((file) => file.problems);
  if (unreadable.length > 0) return { kind: 'invalid', problems: unreadable };
  const result = objectsOf(read.flatMap((file) => file.documents));
  if (result.kind === 'invalid') return result;
  if (result.objects.length === 0)
    return {
      kind: 'invalid',
      problems: [
        {
          path,
          message: `Path ${path} has no Kubernetes objects in *.yaml, *.yml or *.json files; correct spec.path, or delete the GitSync.`,
        },
      ],
    };
  return { kind: 'ok', renderer: PLAIN_RENDERER, objects: result.objects, inputs };
}

function manifestsIn(
  closure: Closure,
  path: string,
): { files: Map<string, TreeEntry>; inputs: TreeEntry[]; problems: RenderProblem[] } {
  const files = new Map<string, TreeEntry>();
  const inputs = new Map<string, TreeEntry>();
  const problems: RenderProblem[] = [];
  const wanted = [...closure.files.keys()]
    .filter((name) => isUnder(name, path) && MANIFEST.test(name) && !isHidden(name, path))
    .toSorted();
  for (const name of wanted) {
    const found = locate(closure, folderOf(name), name.slice(name.lastIndexOf('/') + 1));
    if (found.kind === 'folder') continue;
    if (found.kind !== 'file') {
      problems.push({ path: name, message: linkProblem(name, closure.links.get(name) ?? '', found.kind) });
      continue;
    }
    const entry = closure.files.get(found.path);
    if (entry !== undefined) files.set(name, entry);
    for (const input of [...found.through, found.path]) {
      const link = closure.files.get(input);
      if (link !== undefined) inputs.set(input, link);
    }
  }
  return { files, inputs: [...inputs.values()], problems };
}

/** Why a symlink can't be followed. */
function linkProblem(name: string, target: string, kind: 'outside' | 'missing'): string {
  if (kind === 'missing')
    return `${name} is a symbolic link to ${target}, which does not exist; correct or remove the link.`;
  return `${name} is a symbolic link to ${target}, which is outside spec.path and spec.alsoPaths; add that path to spec.alsoPaths or commit the file itself.`;
}

function isHidden(name: string, path: string): boolean {
  const inside = path === '.' ? name : name.slice(path.length + 1);
  return inside.split('/').some((part) => part.startsWith('.'));
}
