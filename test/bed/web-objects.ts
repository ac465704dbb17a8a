/** Small Kubernetes objects for tests of the bed itself. */
import type { BedObject } from './api.ts';

/** A ReplicaSet whose pods declare one port named http. */
export function webReplicaSet(name: string, replicas: number): BedObject {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'web', image: 'web:1', ports: [{ name: 'http', containerPort: 8080 }] }] },
      },
    },
  };
}
