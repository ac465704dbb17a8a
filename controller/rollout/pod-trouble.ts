/** Why the canary's pods don't start: the image is missing, the program crashes, or the registry can't be reached. */

import type { ContainerTrouble, PodView } from './observed.ts';
import type { Scene } from './scene.ts';

export type Trouble = {
  /** RegistryUnreachable only holds; the other two fail the revision after `troubleMs`. */
  readonly kind: 'ImageMissing' | 'CrashLoop' | 'RegistryUnreachable';
  readonly message: string;
};

/** How long every canary pod must be in such trouble before the revision has failed. */
export const troubleMs = 60_000;

const imageReasons: ReadonlySet<string> = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'RegistryUnavailable',
]);

/** Words with which runtimes and registries say that a name or tag is not there, or may not be read. */
const missingWords = /not found|manifest unknown|does not exist|name unknown|pull access denied|invalid reference/i;
/** Words of a registry that could not be asked; they win, since an address is "not found" too. */
const unreachableWords =
  /dial tcp|no such host|timeout|deadline exceeded|connection (refused|reset)|unreachable|temporary failure|too many requests|TLS handshake|\b(429|5\d\d)\b/i;
/** A kubelet that backs off may say no more than this. */
const bareBackOff = /^(Back-off pulling image( "[^"]*")?)?$/;

/** The trouble that all pods of the current revision share; undefined when one of them is fine, or only slow. */
export function troubleOf(scene: Scene): Trouble | undefined {
  const pods = scene.observed.pods.filter((pod) => pod.podHash === scene.currentHash && !pod.leaving);
  if (pods.length === 0) return undefined;
  const isKnown = scene.status.waiting?.reason === 'ImageMissing';
  const troubles = pods.map((pod) => troubleOfPod(pod, isKnown));
  const [first] = troubles;
  if (first === undefined || troubles.some((one) => one === undefined)) return undefined;
  const unreachable = troubles.find((one) => one?.kind === 'RegistryUnreachable');
  return unreachable ?? first;
}

function troubleOfPod(pod: PodView, isKnownMissing: boolean): Trouble | undefined {
  if (pod.ready) return undefined;
  const image = pod.troubles.find((one) => imageReasons.has(one.reason));
  if (image !== undefined) return imageTrouble(image, isKnownMissing);
  const crash = pod.troubles.find((one) => one.reason === 'CrashLoopBackOff' || one.restarts > 0);
  if (crash === undefined) return undefined;
  const exit = crash.exitCode === undefined ? '' : ` (exit code ${crash.exitCode})`;
  const message = `container ${crash.container} keeps ending${exit}, restarted ${crash.restarts} times`;
  return { kind: 'CrashLoop', message };
}

/** A bare back-off repeats what was known before; without that it only holds. */
function imageTrouble({ image, reason, message }: ContainerTrouble, isKnownMissing: boolean): Trouble {
  const says = !unreachableWords.test(message) && missingWords.test(message);
  if (reason === 'InvalidImageName' || says || (bareBackOff.test(message) && isKnownMissing))
    return { kind: 'ImageMissing', message: `image ${image} does not exist or may not be pulled` };
  return { kind: 'RegistryUnreachable', message: `image ${image} can't be pulled: ${message}` };
}
