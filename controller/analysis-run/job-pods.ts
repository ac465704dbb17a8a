/** What the pods of a Job tell: an image that can't be had, and the last lines of the one that failed. */

import { isJsonObject, type Json } from '../../crds/schema/json.ts';
import type { JsonObject, KubeObject } from '../../kube/api.ts';
import { fieldOf, textOf } from '../../kube/json.ts';
import type { PodLog } from '../../kube/pod-log.ts';

type Pod = KubeObject & JsonObject;

const imageReasons: ReadonlySet<string> = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName']);
const tailLines = 10;
const limitBytes = 16_384;
/** The reason of a measurement is cut at 1024 characters; the end of a log tells more than its beginning. */
const mostLogText = 600;

/** Why a container of these pods waits for an image; undefined when none does. */
export function imageTrouble(pods: readonly Pod[]): string | undefined {
  for (const pod of pods) {
    for (const container of containersOf(pod)) {
      const reason = textOf(container, 'state', 'waiting', 'reason') ?? '';
      if (!imageReasons.has(reason)) continue;
      const message = textOf(container, 'state', 'waiting', 'message') ?? '';
      return `container ${textOf(container, 'name') ?? ''} of pod ${pod.metadata.name} can't start: ${reason}${message === '' ? '' : `: ${message}`}`;
    }
  }
  return undefined;
}

function containersOf(pod: Pod): readonly JsonObject[] {
  return ['initContainerStatuses', 'containerStatuses'].flatMap((list) => {
    const found: Json | undefined = fieldOf(pod, 'status', list);
    return Array.isArray(found) ? (found as readonly Json[]).filter(isJsonObject) : [];
  });
}

/** The end of the log of the newest pod that failed; undefined when there is none, or when it can't be had. */
export async function failedLog(pods: readonly Pod[], read: PodLog, signal: AbortSignal): Promise<string | undefined> {
  const [pod] = pods
    .filter((one) => containersOf(one).some((container) => exitCodeOf(container) !== 0))
    .toSorted((a, b) => (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? ''));
  const container = pod === undefined ? undefined : containersOf(pod).find((one) => exitCodeOf(one) !== 0);
  if (pod === undefined || container === undefined) return undefined;
  const { namespace = '', name } = pod.metadata;
  const options = { container: textOf(container, 'name') ?? '', tailLines, limitBytes, signal };
  const log = await read({ namespace, name }, options);
  const text = log.kind === 'ok' ? log.object.trim() : '';
  if (text === '') return undefined;
  return text.length <= mostLogText ? text : `…${text.slice(-mostLogText)}`;
}

/** 0 also for a container that did not end. */
function exitCodeOf(container: JsonObject): number {
  const ended = fieldOf(container, 'state', 'terminated') ?? fieldOf(container, 'lastState', 'terminated');
  const code = isJsonObject(ended) ? ended['exitCode'] : undefined;
  return typeof code === 'number' ? code : 0;
}
