/** What a case needs of a server, whichever it is and however it is reached. Types only. */

import type { Json } from '../../crds/schema/json.ts';

export interface TargetRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Absent: no body. */
  readonly body?: Json;
  readonly text?: string;
  readonly contentType: string;
  readonly accept: string;
  readonly userAgent: string;
  /** Absent: the admin's. */
  readonly token?: string;
}

export interface TargetAnswer {
  readonly status: number;
  readonly body: Json;
}

/** A watch that is open, or an answer that refused it. */
export interface OpenWatch {
  readonly refused?: TargetAnswer;
  /** Events so far, oldest first. */
  events(): readonly Json[];
  ended(): boolean;
  close(): void;
}

export interface Target {
  request(request: TargetRequest): Promise<TargetAnswer>;
  watch(request: TargetRequest): Promise<OpenWatch>;
  /** Lets time go on a little: a real server's by waiting, a simulated one's by its clock. */
  wait(): Promise<void>;
}
