/** The three scenarios of the demo as data: what is committed, what is told, and how each must end. Pure. */

export const scenarioNames = ['good-release', 'bad-release', 'gate'] as const;
export type ScenarioName = (typeof scenarioNames)[number];

export type Outcome = 'Promoted' | 'RolledBack' | 'GatePromoted';

export interface Scenario {
  readonly name: ScenarioName;
  readonly story: string;
  readonly expected: Outcome;
  readonly version: string;
  readonly subject: string;
  /** Percentage of requests that the new version answers with 500. */
  readonly errorPct: number;
  readonly hasGate: boolean;
}

export const firstVersion = '1.0.0';
export const firstSubject = 'web 1.0.0';

export const scenarios: readonly Scenario[] = [
  {
    name: 'good-release',
    story: 'Pushed: web 1.1.0: 20 % of the requests, a check, 50 %, a check, then all.',
    expected: 'Promoted',
    version: '1.1.0',
    subject: 'web 1.1.0',
    errorPct: 0,
    hasGate: false,
  },
  {
    name: 'bad-release',
    story: 'Pushed: web 1.2.0, which fails 60 % of its requests. Hands off from here.',
    expected: 'RolledBack',
    version: '1.2.0',
    subject: 'web 1.2.0: new checkout',
    errorPct: 60,
    hasGate: false,
  },
  {
    name: 'gate',
    story: 'Pushed: web 1.3.0, which stops at a gate until a person promotes it.',
    expected: 'GatePromoted',
    version: '1.3.0',
    subject: 'web 1.3.0',
    errorPct: 0,
    hasGate: true,
  },
];

export function scenariosOf(choice: ScenarioName | 'all'): readonly Scenario[] {
  return choice === 'all' ? scenarios : scenarios.filter(({ name }) => name === choice);
}
