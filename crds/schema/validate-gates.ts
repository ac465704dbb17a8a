/** Rules about gates that the API server's schema can't say. */

import type { Gate } from './gates.ts';
import { type Problem, type Report, valueText } from './problem.ts';
import type { Rollout } from './rollout.ts';

/** Scheme, host and an optional port; no user info, which would be a secret in plain sight. */
const address = /^https?:\/\/([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?([/?][^\s#]*)?$/;

/** `host` or `host:port` of an address, for sentences: never the path or query, which may carry a token. */
export function hostOf(url: string): string {
  return /^https?:\/\/(?:[^/?#@]*@)?([^/?#]+)/.exec(url)?.[1] ?? 'an unreadable address';
}

function one(gate: Gate, field: string, report: Report): Problem[] {
  if (address.test(gate.url)) return [];
  const allowed = 'it must be a complete http or https URL without user name, password and fragment';
  return [
    report(
      `${field}.url`,
      `an address of ${hostOf(gate.url)}`,
      allowed,
      'correct it; requests are signed by secretRef',
    ),
  ];
}

export function validateGates({ spec }: Rollout, report: Report): Problem[] {
  const gates = spec.gates ?? [];
  const twice = gates.flatMap(({ name }, index) =>
    gates.findIndex((other) => other.name === name) === index
      ? []
      : [report(`spec.gates[${index}].name`, valueText(name), 'another gate has this name', 'choose another one')],
  );
  return [...twice, ...gates.flatMap((gate, index) => one(gate, `spec.gates[${index}]`, report))];
}
