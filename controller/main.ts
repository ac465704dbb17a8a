/** The program `tidegate controller | source | edge | crds | version`: reads the settings, starts one process, ends it on a signal. */

import { argv, env, stderr, stdout } from 'node:process';
import { type ControllerConfig, configHelp, type Parsed, readConfig } from './config.ts';
import { version } from './version.ts';

const usage = `Usage: tidegate <command> [settings]

  controller   drives Rollouts, GitSyncs and GitReverts
  source       reads and writes Git repositories for the controller; has no access to Kubernetes
  edge         takes webhooks of Git hosts and tells the controllers that a branch may have moved
  crds         prints the CustomResourceDefinitions (--api-group tidegate.io or argoproj.io)
  version      prints the version

Settings, each also as a variable (--api-group as TIDEGATE_API_GROUP):
${configHelp()}`;

/** 0: ended as asked; 1: failed while running; 2: wrong usage. */
async function main(command: string | undefined, args: readonly string[]): Promise<number> {
  if (command === undefined || command === 'help' || command === '--help' || args.includes('--help')) {
    stdout.write(usage);
    return command === undefined ? 2 : 0;
  }
  const parsed = readConfig(args, env);
  if (parsed.kind === 'wrong') {
    stderr.write(`${parsed.message}\n`);
    return 2;
  }
  switch (command) {
    case 'version':
      stdout.write(`tidegate ${version}\n`);
      return 0;
    case 'crds':
      stdout.write(await crdYaml(parsed.config.apiGroup));
      return 0;
    case 'controller':
    case 'source':
    case 'edge':
      return runUntilSignal(command, parsed);
    default:
      stderr.write(`There is no command "${command}"; run "tidegate help" for the list.\n`);
      return 2;
  }
}

async function crdYaml(apiGroup: ControllerConfig['apiGroup']): Promise<string> {
  const { crdManifests } = await import('../crds/manifests.ts');
  const { yamlText } = await import('../crds/generated-files.ts');
  const { argoDialect, tidegateDialect } = await import('../crds/schema/dialect.ts');
  const manifests = crdManifests(apiGroup === 'argoproj.io' ? argoDialect : tidegateDialect);
  return manifests.map((manifest) => yamlText(manifest)).join('---\n');
}

async function runUntilSignal(
  command: 'controller' | 'source' | 'edge',
  { config, aws }: Extract<Parsed, { kind: 'ok' }>,
): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  try {
    // Loaded only now, so that each process holds in memory only what it runs.
    if (command === 'source') return await (await import('./run-source.ts')).runSourceProcess(config, stop.signal);
    if (command === 'edge') return await (await import('./run-edge.ts')).runEdgeProcess(config, stop.signal);
    return await (await import('./run-controller.ts')).runController(config, aws, stop.signal);
  } catch (cause) {
    stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`);
    return 1;
  }
}

process.exit(await main(argv[2], argv.slice(3)));
