/** Why the canary's pods don't start: the image is missing, the program crashes, or the registry gives no answer. */

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

/** Words with which runtimes and registries say that a name or tag is not there. */
const missingWords = /not found|notfound|manifest unknown|does not exist|name unknown|invalid reference/i;
/** Words of a registry that could not be asked; they win, since an address is "not found" too. */
const unreachableWords =
  /dial tcp|no such host|timeout|deadline exceeded|connection (refused|reset)|unreachable|temporary failure|too many requests|TLS handshake|\b(429|5\d\d)\b/i;
/**
 * Words of a registry that refuses to answer this caller; they win as well: an expired pull secret or an outage of the
 * login says nothing about the image, even where the registry adds "repository does not exist or may require authorization".
 */
const deniedWords = /denied|authori[sz]|authenticat|forbidden|credential|secret|insufficient_scope|\b40[13]\b/i;
/** Names and addresses in a message, whose own words and digits prove nothing. */
const namesInText = /"[^"]*"|\S+[/:]\S+/g;
/** A kubelet that backs off may say no more than this. */
const bareBackOff = /^(Back-off pulling image( "[^"]*")?)?$/;

/** Restarts after which a container that is down counts as crash-looping even before the kubelet backs off. */
const crashRestarts = 3;
/** A crash loop is up for moments between two ends: so long such a moment doesn't end the time that it is given. */
export const upMomentMs = 10_000;

/** What all pods of the current revision share; `isNow` is false while one of them is up for a moment between two ends. */
export interface SharedTrouble extends Trouble {
  readonly isNow: boolean;
}

/** The trouble that all pods of the current revision share; undefined when one of them is fine, or only slow. */
export function troubleOf(scene: Scene): SharedTrouble | undefined {
  const pods = scene.observed.pods.filter((pod) => pod.podHash === scene.currentHash && !pod.leaving);
  if (pods.length === 0) return undefined;
  const known = scene.status.waiting?.reason;
  const troubles = pods.map((pod) => troubleOfPod(pod, known, scene.now)).filter((one) => one !== undefined);
  const [first] = troubles;
  if (first === undefined || troubles.length < pods.length) return undefined;
  const isNow = troubles.every((one) => one.isNow);
  return { ...(troubles.find((one) => one.kind === 'RegistryUnreachable') ?? first), isNow };
}

function troubleOfPod(pod: PodView, known: string | undefined, now: number): SharedTrouble | undefined {
  if (pod.ready) return undefined;
  const image = pod.troubles.find((one) => imageReasons.has(one.reason));
  if (image !== undefined) return { ...imageTrouble(image, known === 'ImageMissing'), isNow: true };
  const down = pod.troubles.find(isLooping);
  const between = known === 'CrashLoop' ? pod.troubles.find((one) => isBetweenEnds(one, now)) : undefined;
  const crash = down ?? between;
  if (crash === undefined) return undefined;
  const exit = crash.exitCode === undefined ? '' : ` (exit code ${crash.exitCode})`;
  const message = `container ${crash.container} keeps ending${exit}, restarted ${crash.restarts} times`;
  return { kind: 'CrashLoop', message, isNow: down !== undefined };
}

/** One restart is no loop: the kubelet backs off, or the container is down after several restarts. */
function isLooping({ reason, restarts, upSince }: ContainerTrouble): boolean {
  return reason === 'CrashLoopBackOff' || (reason === 'Crashed' && upSince === undefined && restarts >= crashRestarts);
}

function isBetweenEnds({ reason, restarts, upSince }: ContainerTrouble, now: number): boolean {
  return reason === 'Crashed' && restarts > 0 && (upSince === undefined || now - upSince < upMomentMs);
}

/** A bare back-off repeats what was known before; without that it only holds. */
function imageTrouble({ image, reason, message }: ContainerTrouble, isKnownMissing: boolean): Trouble {
  const words = message.replaceAll(image === '' ? '""' : image, ' ').replace(namesInText, ' ');
  const isSilent = unreachableWords.test(words) || deniedWords.test(words);
  const says = !isSilent && missingWords.test(words);
  if (reason === 'InvalidImageName' || says || (bareBackOff.test(message) && isKnownMissing))
    return { kind: 'ImageMissing', message: `image ${image} does not exist` };
  return { kind: 'RegistryUnreachable', message: `image ${image} can't be pulled: ${message}` };
}
