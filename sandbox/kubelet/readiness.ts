/**
 * The readiness probe of a container: an HTTP GET to its own server, at once and then every period. Without a probe a
 * container is ready when it runs.
 */

import { get } from 'node:http';
import type { Clock } from '../../kube/api.ts';
import type { Container } from './pod.ts';

export interface ProbeTarget {
  /** Address per containerPort. */
  readonly urls: Readonly<Record<number, string>>;
  /** Asked instead of the address, where nothing listens. */
  readonly isReady: (() => boolean) | undefined;
}

/** Tells the first result and every change of it. Resolves when the signal aborts. */
export async function probeReadiness(
  clock: Clock,
  container: Container,
  target: ProbeTarget,
  signal: AbortSignal,
  tell: (ready: boolean) => void,
): Promise<void> {
  const probe = container.readinessProbe;
  if (probe?.httpGet === undefined) {
    tell(true);
    return;
  }
  const { path, port } = probe.httpGet;
  const url = target.urls[portNumber(container, port)];
  const asks = async (): Promise<boolean> => url !== undefined && (await answersWell(new URL(path, url)));
  tell(false);
  await clock.sleep(probe.initialDelaySeconds * 1000, signal);
  let ready = false;
  while (!signal.aborted) {
    const passes = target.isReady === undefined ? await asks() : target.isReady();
    if (signal.aborted) return;
    if (passes !== ready) tell(passes);
    ready = passes;
    // Until it is ready a kubelet probes more eagerly; one second is the shortest period there is.
    await clock.sleep(ready ? probe.periodSeconds * 1000 : Math.min(500, probe.periodSeconds * 1000), signal);
  }
}

function portNumber(container: Container, port: number | string): number {
  if (typeof port === 'number') return port;
  return container.ports.find((one) => one.name === port)?.containerPort ?? Number(port);
}

function answersWell(url: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(
      url,
      { headers: { 'user-agent': 'kube-probe/1.36' }, agent: false, timeout: 1000 },
      (response) => {
        response.resume();
        resolve((response.statusCode ?? 500) < 400);
      },
    );
    request.on('timeout', () => request.destroy(new Error('probe timed out')));
    request.on('error', () => resolve(false));
  });
}
