/** Finds the programs that the bed starts: KUBEBUILDER_ASSETS, the cache, then PATH. Says why one is missing. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { controlPlane, type GoPart, gateway, goProgram, kustomize } from './go-build.ts';

const builtFrom: Readonly<Record<string, GoPart>> = {
  etcd: controlPlane,
  'kube-apiserver': controlPlane,
  'kube-controller-manager': controlPlane,
  kubectl: controlPlane,
  kustomize,
  traefik: gateway,
};

/** Path of a program, or undefined when this machine doesn't have it. */
export function findProgram(name: string): string | undefined {
  const candidates: string[] = [];
  const assets = process.env['KUBEBUILDER_ASSETS'];
  if (assets) candidates.push(join(assets, name));
  const part = builtFrom[name];
  if (part !== undefined) candidates.push(goProgram(part, name));
  const path = `${process.env['PATH'] ?? ''}${delimiter}/usr/sbin${delimiter}/sbin`;
  candidates.push(
    ...path
      .split(delimiter)
      .filter(Boolean)
      .map((folder) => join(folder, name)),
  );
  return candidates.find(isExecutable);
}

/**
 * Path of a program that must be there.
 * @throws Error that says how to get it.
 */
export function program(name: string): string {
  const path = findProgram(name);
  if (path !== undefined) return path;
  throw new Error(`${name} is not on this machine: run \`node test/bed/prepare.ts\` first`);
}

/** The first of the programs that is missing, as a reason to skip; undefined when all are there. */
export function missingProgram(names: readonly string[]): string | undefined {
  const missing = names.find((name) => findProgram(name) === undefined);
  return missing === undefined ? undefined : `${missing} is not on this machine`;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
