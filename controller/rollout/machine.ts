/**
 * The lifecycle of a Rollout as a statechart. It is never run: `nextState` asks it what an event leads to, and its
 * actions only name what must be recorded in status. The diagram in the docs is generated from it.
 */

import { createMachine, transition } from 'xstate';

export const lifecycleStates = [
  'new',
  'deploying',
  'stable',
  'stepping',
  'promoting',
  'aborting',
  'aborted',
  'superseding',
  'returning',
] as const;
export type LifecycleState = (typeof lifecycleStates)[number];

/** A new pod template was seen. `carrying`: a third revision still has weight or pods that were not given up. */
export interface RevisionEvent {
  readonly type: 'revision';
  readonly hasStable: boolean;
  readonly toStable: boolean;
  readonly carrying: boolean;
  readonly failedBefore: boolean;
  /** Back to a recent revision (rollbackWindow): without steps. */
  readonly isRecent?: boolean;
}

export type LifecycleEvent =
  | RevisionEvent
  /** The first revision has all its pods. */
  | { readonly type: 'available' }
  | { readonly type: 'steps-done' }
  | { readonly type: 'promote-full' }
  | { readonly type: 'abort' }
  | { readonly type: 'retry' }
  /** Go back from a promoted revision to an older one without steps. */
  | { readonly type: 'rollback' }
  /** All traffic is on the promoted revision; `back`: that was an older one, spec still asks for the failed one. */
  | { readonly type: 'promoted'; readonly back: boolean }
  /** Going back to stable is complete, drain and scale-down included. */
  | { readonly type: 'settled' };

export const lifecycleActions = [
  'beginRevision',
  'skipSteps',
  'refuseFailed',
  'recordReturn',
  'recordSupersede',
  'recordPromote',
  'recordRollback',
  'recordAbort',
  'recordAbortAfterRollback',
  'clearAbort',
  'markStable',
  'endTransition',
] as const;
export type LifecycleAction = (typeof lifecycleActions)[number];

type Guarded = { readonly event: LifecycleEvent };
const isRevision = (test: (event: RevisionEvent) => boolean) => (args: Guarded) =>
  args.event.type === 'revision' && test(args.event);

/** Order matters: the first that holds wins. */
const onRevision = [
  { guard: isRevision((event) => !event.hasStable), target: 'deploying', actions: ['beginRevision', 'skipSteps'] },
  { guard: isRevision((event) => event.failedBefore), target: 'aborting', actions: ['beginRevision', 'refuseFailed'] },
  {
    guard: isRevision((event) => event.toStable && event.carrying),
    target: 'returning',
    actions: ['beginRevision', 'skipSteps', 'recordReturn'],
  },
  { guard: isRevision((event) => event.toStable), target: 'stable', actions: ['beginRevision', 'skipSteps'] },
  {
    guard: isRevision((event) => event.carrying && event.isRecent === true),
    target: 'superseding',
    actions: ['beginRevision', 'skipSteps', 'recordSupersede'],
  },
  {
    guard: isRevision((event) => event.carrying),
    target: 'superseding',
    actions: ['beginRevision', 'recordSupersede'],
  },
  {
    guard: isRevision((event) => event.isRecent === true),
    target: 'stepping',
    actions: ['beginRevision', 'skipSteps'],
  },
  { target: 'stepping', actions: ['beginRevision'] },
];

export const lifecycle = createMachine({
  id: 'rollout',
  types: {} as { events: LifecycleEvent },
  initial: 'new',
  states: {
    new: { on: { revision: onRevision } },
    deploying: { on: { revision: onRevision, available: { target: 'stable', actions: ['markStable'] } } },
    stable: { on: { revision: onRevision, rollback: { target: 'promoting', actions: ['recordRollback'] } } },
    stepping: {
      on: {
        revision: onRevision,
        'steps-done': { target: 'promoting', actions: ['recordPromote'] },
        'promote-full': { target: 'promoting', actions: ['skipSteps', 'recordPromote'] },
        abort: { target: 'aborting', actions: ['recordAbort'] },
      },
    },
    promoting: {
      on: {
        revision: onRevision,
        abort: { target: 'aborting', actions: ['recordAbort'] },
        promoted: [
          {
            guard: ({ event }) => event.type === 'promoted' && event.back,
            target: 'aborting',
            actions: ['markStable', 'recordAbortAfterRollback'],
          },
          { target: 'stable', actions: ['markStable'] },
        ],
      },
    },
    aborting: {
      on: {
        revision: onRevision,
        settled: { target: 'aborted', actions: ['endTransition'] },
        retry: { target: 'stepping', actions: ['clearAbort'] },
        'promote-full': { target: 'promoting', actions: ['clearAbort', 'skipSteps', 'recordPromote'] },
      },
    },
    aborted: {
      on: {
        revision: onRevision,
        retry: { target: 'stepping', actions: ['clearAbort'] },
        'promote-full': { target: 'promoting', actions: ['clearAbort', 'skipSteps', 'recordPromote'] },
      },
    },
    superseding: {
      on: {
        revision: onRevision,
        settled: { target: 'stepping', actions: ['endTransition'] },
        abort: { target: 'aborting', actions: ['recordAbort'] },
      },
    },
    returning: { on: { revision: onRevision, settled: { target: 'stable', actions: ['endTransition'] } } },
  },
});

export interface NextState {
  readonly state: LifecycleState;
  readonly actions: readonly LifecycleAction[];
}

/** What `event` leads to from `state`; undefined when the event means nothing there. */
export function nextState(state: LifecycleState, event: LifecycleEvent): NextState | undefined {
  const before = lifecycle.resolveState({ value: state, context: {} });
  const [after, executed] = transition(lifecycle, before, event);
  const actions = executed.map((action): string => action.type).filter(isLifecycleAction);
  const next = lifecycleStates.find((one) => one === after.value);
  if (next === undefined || (next === state && actions.length === 0)) return undefined;
  return { state: next, actions };
}

/** True when `event` would lead anywhere from `state`. */
export function allows(state: LifecycleState, event: LifecycleEvent): boolean {
  return lifecycle.resolveState({ value: state, context: {} }).can(event);
}

function isLifecycleAction(value: string): value is LifecycleAction {
  return (lifecycleActions as readonly string[]).includes(value);
}
