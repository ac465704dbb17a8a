/** Names by role: the n-th template hash of a Rollout, the n-th commit, the n-th digest, numbered as they turn up. */

export interface Roles {
  /** The name of an object of this resource (plural) with its hashes replaced. */
  name(plural: string, name: string): string;
}

/** Pod template hashes: Kubernetes' alphabet without vowels and look-alikes. */
const podHash = '[bcdfghjklmnpqrstvwxz2456789]{6,10}';
const shapes: Readonly<Record<string, readonly RegExp[]>> = {
  replicasets: [new RegExp(`^(?<app>.+)-(?<rev>${podHash})$`)],
  analysisruns: [new RegExp(`^(?<app>.+?)-(?<rev>${podHash})(?<rest>-.*)?$`)],
  rolloutruns: [new RegExp(`^(?<app>.+?)-(?<number>\\d+)-(?<rev>${podHash})(?<rest>-\\d+)?$`)],
  releases: [/^(?<app>.+)-(?<commit>[0-9a-f]{7})-(?<digest>[0-9a-f]{7})(?<rest>-p\d+)?$/],
  gitreverts: [/^(?<app>.+)-(?<commit>[0-9a-f]{7})(?<rest>-\d+)$/],
  configmaps: [/^(?<app>.+)-(?<copy>[0-9a-f]{8,})$/],
  secrets: [/^(?<app>.+)-(?<copy>[0-9a-f]{8,})$/],
};

/** One per run: what it has seen decides the numbers. */
export function roles(): Roles {
  const numbers = new Map<string, Map<string, number>>();
  const role = (kind: string, scope: string, text: string): string => {
    const known = numbers.get(`${kind} ${scope}`) ?? new Map<string, number>();
    numbers.set(`${kind} ${scope}`, known);
    if (!known.has(text)) known.set(text, known.size + 1);
    return `${kind}${known.get(text)}`;
  };
  return {
    name(plural, name) {
      for (const shape of shapes[plural] ?? []) {
        const groups = shape.exec(name)?.groups;
        if (groups === undefined) continue;
        const { app = '', number, rev, commit, digest, copy, rest = '' } = groups;
        const parts = [
          app,
          ...(number === undefined ? [] : [number]),
          ...(rev === undefined ? [] : [role('rev', app, rev)]),
          ...(commit === undefined ? [] : [role('commit', '', commit)]),
          ...(digest === undefined ? [] : [role('digest', app, digest)]),
          ...(copy === undefined ? [] : [role('copy', app, copy)]),
        ];
        return `${parts.join('-')}${rest}`;
      }
      return name;
    },
  };
}
