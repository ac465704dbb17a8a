/** The record of a scenario that its picture is made of: traffic, steps, readings and moments, gathered look by look. Pure. */

import type { Instant } from '../../../kube/api.ts';
import type { ScenarioName } from '../scenarios.ts';
import type { AppPicture, CheckPicture, CheckUnit, Limit, ReadingPicture } from './demo-scene.ts';

export interface Timeline {
  readonly speed: number;
  readonly seed: number;
  readonly runs: readonly TimelineRun[];
}

export interface TimelineRun {
  readonly scenario: ScenarioName;
  readonly story: string;
  readonly from: Instant;
  readonly to: Instant;
  readonly verdict: { readonly word: string; readonly isGood: boolean; readonly sentence: string };
  readonly traffic: readonly TrafficSample[];
  readonly steps: readonly StepBand[];
  readonly checks: readonly CheckStrip[];
  readonly pins: readonly Pin[];
}

/** Requests in a second of simulated time, as the gateway counted them. */
export interface TrafficSample {
  readonly at: Instant;
  readonly stablePerSecond: number;
  readonly canaryPerSecond: number;
}

export interface StepBand {
  readonly from: Instant;
  readonly to: Instant;
  readonly label: string;
  readonly isFailed: boolean;
}

export interface CheckStrip {
  readonly name: string;
  readonly unit: CheckUnit;
  readonly limit?: Limit;
  readonly limitText: string;
  readonly readings: readonly ReadingPicture[];
}

export interface Pin {
  readonly at: Instant;
  readonly kind: 'commit' | 'person' | 'breach' | 'traffic-back' | 'revert' | 'promoted';
  readonly text: string;
}

export interface TimelineRecorder {
  app(at: Instant, app: AppPicture): void;
  pin(pin: Pin): void;
  /** A command of a person; the same id is the same command. */
  person(id: string, at: Instant, text: string): void;
  end(
    span: { readonly from: Instant; readonly to: Instant },
    traffic: readonly TrafficSample[],
    verdict: TimelineRun['verdict'],
  ): TimelineRun;
}

interface Gathered {
  readonly commands: Set<string>;
  readonly pins: Pin[];
  readonly bands: StepBand[];
  readonly checks: Map<string, CheckStrip>;
  open: StepBand | undefined;
  openKey: string | undefined;
}

export function timelineRecorder(scenario: ScenarioName, story: string): TimelineRecorder {
  const gathered: Gathered = {
    commands: new Set(),
    pins: [],
    bands: [],
    checks: new Map(),
    open: undefined,
    openKey: undefined,
  };
  return {
    app: (at, app) => noteApp(gathered, at, app),
    pin: (pin) => void gathered.pins.push(pin),
    person: (id, at, text) => {
      if (gathered.commands.has(id)) return;
      gathered.commands.add(id);
      gathered.pins.push({ at, kind: 'person', text });
    },
    end: ({ from, to }, traffic, verdict) => {
      closeBand(gathered, to, false);
      const { pins, bands: steps, checks } = gathered;
      // What happened before, such as a command in an earlier scenario, is not part of this one.
      const inside = pins.filter(({ at }) => at >= from).toSorted((a, b) => a.at - b.at);
      return { scenario, story, from, to, verdict, traffic, steps, checks: stripsFrom(checks, from), pins: inside };
    },
  };
}

/** Readings of earlier releases are left out, and so are checks without any. */
function stripsFrom(checks: ReadonlyMap<string, CheckStrip>, from: Instant): readonly CheckStrip[] {
  return [...checks.values()]
    .map((check) => ({ ...check, readings: check.readings.filter(({ at }) => at >= from) }))
    .filter(({ readings }) => readings.length > 0);
}

function noteApp(gathered: Gathered, at: Instant, app: AppPicture): void {
  const current = app.steps.find(({ state }) => state === 'current');
  const failed = app.steps.some(({ state }) => state === 'failed');
  if (current === undefined || failed) closeBand(gathered, at, failed);
  else if (gathered.open === undefined || gathered.openKey !== stepKey(app)) {
    closeBand(gathered, at, false);
    gathered.open = { from: at, to: at, label: current.label, isFailed: false };
    gathered.openKey = stepKey(app);
  }
  for (const check of app.checks) noteCheck(gathered, check);
}

/** Two steps of the same name, such as two checks, are two bands. */
function stepKey(app: AppPicture): string {
  return `${app.canary?.podHash ?? ''}/${app.steps.findIndex(({ state }) => state === 'current')}`;
}

function closeBand(gathered: Gathered, at: Instant, isFailed: boolean): void {
  if (gathered.open === undefined) return;
  gathered.bands.push({ ...gathered.open, to: at, isFailed });
  gathered.open = undefined;
}

/** Keeps readings of analyses that a later look no longer shows. */
function noteCheck(gathered: Gathered, { name, unit, limit, limitText, readings }: CheckPicture): void {
  const known = gathered.checks.get(name)?.readings ?? [];
  const times = new Set(known.map(({ at }) => at));
  const fresh = readings.filter(({ at }) => !times.has(at));
  gathered.checks.set(name, {
    name,
    unit,
    ...(limit === undefined ? {} : { limit }),
    limitText,
    readings: [...known, ...fresh],
  });
}
