/** `crds`: prints the custom resource definitions of one API group, ready for `kubectl apply --server-side`. */

import { dump } from 'js-yaml';
import { crdManifests } from '../crds/manifests.ts';
import { dialectOf } from '../crds/schema/dialect.ts';
import { CliError, exitCode } from './exit-code.ts';

/** YAML documents. @throws CliError (usage) for a group that Tidegate cannot serve. */
export function crdsText(group: string): string {
  const dialect = dialectOf(group);
  if (dialect === undefined)
    throw new CliError(exitCode.usage, `--api-group is "${group}": use tidegate.io or argoproj.io`);
  return crdManifests(dialect)
    .map((manifest) => `---\n${dump(manifest, { noRefs: true })}`)
    .join('');
}
