/** The pod templates of the states, with the hashes that Go computes of them (test/pod-hash/go, "pod-hash hash"). */

import type { JsonObject } from '../../../crds/schema/json.ts';

export type Version = 'v1' | 'v2' | 'v3' | 'v4';

/** By version, and for `v3` after one collision of names as well. */
export const goHashes = {
  v1: '7b4986c6f4',
  v2: '7cbc899bf9',
  v3: '5b486595b',
  v4: '6755b9fd45',
  'v3 after a collision': '98bc444cc',
  'v4 after a collision': '6d67b6fd8d',
} as const;

export function podTemplate(version: Version): JsonObject {
  return {
    metadata: { labels: { app: 'app' } },
    spec: {
      containers: [
        {
          name: 'app',
          image: `tidegate.dev/app:${version}`,
          // Argo's CRD would fill the protocol in, and the hash is over what the API server keeps.
          ports: [{ containerPort: 8080, protocol: 'TCP' }],
          // The hash is over the canonical form of these.
          resources: { requests: { cpu: '0.5', memory: '1024Mi' } },
        },
      ],
    },
  };
}
