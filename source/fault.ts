/** The one exception of this process: a call that can't go on, thrown where it is noticed and turned into the contract's fault at the door. */
import type { Fault, FaultKind } from './contract.ts';

export class SourceFault extends Error {
  readonly fault: Fault;

  constructor(kind: FaultKind, message: string, retryAfterMs?: number) {
    super(message);
    this.name = 'SourceFault';
    this.fault = retryAfterMs === undefined ? { kind, message } : { kind, message, retryAfterMs };
  }
}
