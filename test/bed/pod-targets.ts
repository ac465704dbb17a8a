/**
 * Discovers the annotated pods of a cluster for Prometheus and hands them over as targets, by one list and one watch
 * (Debian's Prometheus is built without its Kubernetes discovery).
 */
import { get } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

export interface ScrapeTarget {
  /** host:port */
  address: string;
  labels?: Readonly<Record<string, string>>;
}

export interface PodSource {
  server: string;
  caData: string;
  adminToken: string;
}

const podSchema = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    uid: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z.object({
    containers: z.array(z.object({ ports: z.array(z.object({ containerPort: z.number() })).default([]) })),
  }),
  status: z.object({ phase: z.string().optional(), podIP: z.string().optional() }),
});
type Pod = z.infer<typeof podSchema>;

const listSchema = z.object({ metadata: z.object({ resourceVersion: z.string() }), items: z.array(podSchema) });
const eventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.enum(['ADDED', 'MODIFIED', 'DELETED']), object: podSchema }),
  z.object({ type: z.enum(['BOOKMARK', 'ERROR']), object: z.unknown() }),
]);

const RETRY_MS = 500;

/** Watches until aborted; `changed` gets the whole new set of targets. Outages of the API server keep the last set. */
export async function followPods(
  source: PodSource,
  changed: (targets: ScrapeTarget[]) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await listAndWatch(source, changed, signal);
    } catch {
      // The API server is away: what was known stays, as with every discovery, and is listed anew.
    }
    await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function listAndWatch(
  source: PodSource,
  changed: (targets: ScrapeTarget[]) => void,
  signal: AbortSignal,
): Promise<void> {
  let text = '';
  await stream(source, '/api/v1/pods', signal, (chunk) => (text += chunk));
  const list = listSchema.parse(JSON.parse(text));
  const pods = new Map(list.items.map((pod) => [pod.metadata.uid, pod]));
  let last = '';
  const tell = (): void => {
    const targets = [...pods.values()].flatMap(targetOf);
    const now = JSON.stringify(targets);
    if (now !== last) changed(targets);
    last = now;
  };
  tell();
  let rest = '';
  await stream(source, `/api/v1/pods?watch=1&resourceVersion=${list.metadata.resourceVersion}`, signal, (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(pods, eventSchema.parse(JSON.parse(line)));
    tell();
  });
}

function take(pods: Map<string, Pod>, event: z.infer<typeof eventSchema>): void {
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
      pods.set(event.object.metadata.uid, event.object);
      return;
    case 'DELETED':
      pods.delete(event.object.metadata.uid);
      return;
    case 'BOOKMARK':
      return;
    case 'ERROR':
      throw new Error('the watch has ended');
  }
}

function targetOf(pod: Pod): ScrapeTarget[] {
  const { name, namespace, labels, annotations } = pod.metadata;
  const port = annotations['prometheus.io/port'] ?? pod.spec.containers.flatMap((one) => one.ports)[0]?.containerPort;
  const { phase, podIP } = pod.status;
  if (
    annotations['prometheus.io/scrape'] !== 'true' ||
    phase !== 'Running' ||
    podIP === undefined ||
    port === undefined
  )
    return [];
  const own = Object.entries(labels).map(([key, value]) => [key.replace(/[^A-Za-z0-9_]/g, '_'), value]);
  const path = annotations['prometheus.io/path'] ?? '/metrics';
  return [
    {
      address: `${podIP}:${port}`,
      labels: { ...Object.fromEntries(own), namespace, pod: name, job: 'pods', __metrics_path__: path },
    },
  ];
}

function stream(source: PodSource, path: string, signal: AbortSignal, take: (chunk: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const ca = Buffer.from(source.caData, 'base64');
    const headers = { authorization: `Bearer ${source.adminToken}`, 'user-agent': 'bed-discovery' };
    const call = get(new URL(path, source.server), { ca, headers, signal }, (answer) => {
      if (answer.statusCode !== 200) {
        answer.resume();
        reject(new Error(`${path} answered ${answer.statusCode}`));
        return;
      }
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        try {
          take(chunk);
        } catch (error) {
          answer.destroy();
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
      answer.once('error', reject);
      answer.once('close', () => resolve());
    });
    call.once('error', reject);
  });
}
