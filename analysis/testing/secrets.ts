/** Secrets for the tests of metrics backends, by name and key, and who asked for which. */
import type { SecretPort, SecretRequest } from '../provider.ts';

export interface TestSecrets extends SecretPort {
  readonly asked: readonly SecretRequest[];
}

export function secretsFor(secrets: Readonly<Record<string, Readonly<Record<string, string>>>>): TestSecrets {
  const asked: SecretRequest[] = [];
  return {
    asked,
    read: async (request) => {
      asked.push(request);
      const found = secrets[request.name];
      const lacking = request.needs.find((key) => !found?.[key]);
      if (found === undefined || lacking !== undefined)
        return { kind: 'misconfigured', why: `Secret ${request.name} has no key ${lacking ?? ''}` };
      const keys = [...request.needs, ...(request.may ?? [])].filter((key) => found[key]);
      return { kind: 'ok', values: new Map(keys.map((key) => [key, found[key] ?? ''])) };
    },
  };
}
