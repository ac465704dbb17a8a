/**
 * Measurements under way and those that ended: they run beside the workers, so that a slow backend delays no other run. A
 * bounded number runs at once, and one namespace can't take all the places. Nothing here needs to survive a restart.
 */
import type { Taken } from '../../analysis/judge/metric-result.ts';
import type { Instant } from '../../kube/api.ts';

const maxAtOnce = 64;
const maxPerNamespace = 16;

export interface MeasurementJob {
  readonly uid: string;
  readonly namespace: string;
  readonly metric: string;
  /** Asks about a measurement under way that stands in status: when there is nothing new, nothing is to be recorded. */
  readonly isLook: boolean;
  /** Never rejects. */
  readonly take: (signal: AbortSignal) => Promise<Taken>;
  /** Called when the measurement has ended and lies in `taken`. */
  readonly done: () => void;
}

interface Flight {
  readonly job: MeasurementJob;
  readonly abort: AbortController;
}

interface Memory {
  readonly inFlight: Map<string, Flight>;
  readonly finishedAt: Map<string, Instant>;
  taken: readonly Taken[];
}

export class Measurements {
  private readonly runs = new Map<string, Memory>();
  private readonly running = new Map<string, number>();
  private waiting: Flight[] = [];
  private total = 0;

  inFlight(uid: string): ReadonlySet<string> {
    return new Set(this.runs.get(uid)?.inFlight.keys());
  }

  taken(uid: string): readonly Taken[] {
    return this.runs.get(uid)?.taken ?? [];
  }

  finishedAt(uid: string): ReadonlyMap<string, Instant> {
    return this.runs.get(uid)?.finishedAt ?? new Map<string, Instant>();
  }

  /** Does nothing when this metric is under way already. */
  start(job: MeasurementJob): void {
    const memory = this.memory(job.uid);
    if (memory.inFlight.has(job.metric)) return;
    const flight = { job, abort: new AbortController() };
    memory.inFlight.set(job.metric, flight);
    this.waiting.push(flight);
    this.fill();
  }

  /** These stand in status now. */
  recorded(uid: string, taken: readonly Taken[]): void {
    const memory = this.runs.get(uid);
    if (memory !== undefined) memory.taken = memory.taken.filter((one) => !taken.includes(one));
  }

  /** Gives up all measurements of a run and forgets it. */
  stop(uid: string): void {
    for (const { abort } of this.runs.get(uid)?.inFlight.values() ?? []) abort.abort();
    this.waiting = this.waiting.filter(({ job }) => job.uid !== uid);
    this.runs.delete(uid);
  }

  /** Something tells about a measurement under way: it is looked at again at once. */
  hurry(uid: string, metric: string): void {
    this.runs.get(uid)?.finishedAt.delete(metric);
  }

  stopAll(): void {
    for (const uid of this.runs.keys()) this.stop(uid);
  }

  private memory(uid: string): Memory {
    const known = this.runs.get(uid) ?? { inFlight: new Map(), finishedAt: new Map(), taken: [] };
    this.runs.set(uid, known);
    return known;
  }

  private fill(): void {
    for (let index = 0; index < this.waiting.length && this.total < maxAtOnce; ) {
      const flight = this.waiting[index];
      if (flight === undefined || this.atWork(flight.job.namespace) >= maxPerNamespace) index += 1;
      else {
        this.waiting.splice(index, 1);
        this.run(flight);
      }
    }
  }

  private atWork(namespace: string): number {
    return this.running.get(namespace) ?? 0;
  }

  private count(namespace: string, by: 1 | -1): void {
    this.total += by;
    const left = this.atWork(namespace) + by;
    if (left === 0) this.running.delete(namespace);
    else this.running.set(namespace, left);
  }

  private run(flight: Flight): void {
    const { job, abort } = flight;
    this.count(job.namespace, 1);
    void job.take(abort.signal).then((taken) => {
      this.count(job.namespace, -1);
      const memory = this.runs.get(job.uid);
      // A run that was stopped and started again has a new flight of the same name.
      if (memory?.inFlight.get(job.metric) === flight) {
        memory.inFlight.delete(job.metric);
        memory.finishedAt.set(job.metric, taken.finishedAt);
        if (!job.isLook || isNews(taken)) memory.taken = [...memory.taken, taken];
        job.done();
      }
      this.fill();
    });
  }
}

function isNews({ outcome }: Taken): boolean {
  return outcome.kind !== 'running' || outcome.lookAgainAt !== undefined;
}
