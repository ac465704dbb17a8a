import { describe, expect, it } from 'vitest';
import { World } from '../../../controller/rollout/testing/world.ts';
import { carryOut } from './carry-out.ts';
import type { Event } from './events.ts';
import { watchMoves } from './play.ts';
import type { Spec } from './specs.ts';
import { knownMoves } from './tally.ts';
import { Unreliable } from './unreliable.ts';

/** With weight on the canary a newer revision supersedes it, without pods it does not. */
const plans = [[{ setWeight: 20 }, { pause: {} }], [{ pause: {} }]];

interface Stage {
  readonly world: World;
  readonly act: (event: Event, forMs?: number) => void;
  /** One pass of the controller and no more. */
  readonly begin: (event: Event) => void;
}

function stage(plan: (typeof plans)[number]): Stage & { readonly moves: ReadonlySet<string> } {
  const rollout = { canary: { steps: plan } };
  const routes = ['a'];
  const spec: Spec = {
    kind: 'routed',
    isArgo: false,
    shown: false,
    routes,
    backgroundIsGood: false,
    hasManagedRoutes: false,
    rollout,
  };
  const world = new World({ rollout, routed: true, routes });
  const unreliable = new Unreliable(world, spec, []);
  const moves = watchMoves(world);
  const act = (event: Event, forMs = 3_000): void => {
    carryOut(unreliable, event);
    world.run(() => false, forMs);
  };
  const begin = (event: Event): void => {
    carryOut(unreliable, event);
    world.pass();
  };
  return { world, act, begin, moves };
}

const release = (to: number): Event => ({ kind: 'release', to });
const command = (verb: string, to = 1): Event => ({ kind: 'command', verb, to, bound: 'no', repeats: false }) as Event;

function deployed({ world, act }: Stage): void {
  world.run();
  // Revision 4 failed before.
  act(release(4));
  act({ kind: 'abort' }, 60_000);
  act(release(1), 60_000);
}

/** The way into each state of the lifecycle, from nothing. */
const ways: Readonly<Record<string, (on: Stage) => void>> = {
  new: () => undefined,
  deploying: ({ world }) => world.run(() => false, 100),
  stable: deployed,
  'stable, after a promotion': (on) => {
    deployed(on);
    on.act(release(2));
    on.act({ kind: 'promote-full' }, 20_000);
  },
  stepping: (on) => {
    deployed(on);
    on.act(release(2));
  },
  promoting: (on) => {
    deployed(on);
    on.act(release(2));
    on.world.confirmMs = 40_000;
    on.act({ kind: 'promote-full' });
  },
  'promoting, its ReplicaSet gone': (on) => {
    deployed(on);
    on.act(release(2));
    on.act({ kind: 'promote-full' }, 0);
    forget(on, 'v2');
  },
  aborting: (on) => {
    deployed(on);
    on.act(release(2));
    on.act({ kind: 'abort' }, 1_000);
  },
  aborted: (on) => {
    deployed(on);
    on.act(release(2));
    on.act({ kind: 'abort' }, 120_000);
  },
  superseding: (on) => {
    deployed(on);
    on.act(release(2));
    on.act(release(3), 1_000);
  },
  returning: (on) => {
    deployed(on);
    on.act(release(2));
    on.act(release(1), 1_000);
  },
};

const rareWays: typeof ways = {
  'stable, with weight from elsewhere': (on) => {
    deployed(on);
    on.world.editRoute('a', 20);
  },
  'aborting, just begun': (on) => {
    deployed(on);
    on.act(release(2));
    on.begin({ kind: 'abort' });
  },
  'aborted, the canary kept': (on) => {
    on.world.given = { ...on.world.given, canary: { ...on.world.given.canary, abortScaleDownDelaySeconds: 0 } };
    deployed(on);
    on.act(release(2));
    on.act({ kind: 'abort' }, 120_000);
    on.world.services.set('web-canary', 'v2');
  },
  'superseding, the second revision gone': (on) => {
    deployed(on);
    on.act(release(2));
    on.begin(release(3));
    on.world.editRoute('a', 0);
    forget(on, 'v2');
  },
  'returning, just begun': (on) => {
    deployed(on);
    on.act(release(2));
    on.begin(release(1));
  },
};

/** Somebody deletes a ReplicaSet, and no Service selects it any more. */
function forget({ world }: Stage, podHash: string): void {
  world.sets.delete(podHash);
  world.pods = world.pods.filter((pod) => pod.podHash !== podHash);
  if (world.services.get('web-canary') === podHash) world.services.set('web-canary', 'v1');
}

const events: readonly Event[] = [
  release(1),
  release(2),
  release(3),
  release(4),
  release(5),
  { kind: 'abort' },
  { kind: 'unabort' },
  { kind: 'promote-full' },
  { kind: 'go-on' },
  command('retry'),
  command('promote-full'),
  command('rollback', 1),
];

describe('the lifecycle', () => {
  it('makes every move that its statechart knows, by what people do', () => {
    const seen = new Set<string>();
    for (const plan of plans) {
      for (const way of [...Object.values(ways), ...Object.values(rareWays)]) {
        for (const event of events) {
          const on = stage(plan);
          way(on);
          on.act(event, 300_000);
          for (const move of on.moves) seen.add(move);
        }
      }
    }

    expect(knownMoves().filter((move) => !seen.has(move))).toEqual([]);
    // Without steps the promotion begins with the revision, in the same write.
    const others = [...seen].filter((move) => !knownMoves().includes(move));
    expect(others.filter((move) => !move.endsWith(' revision promoting'))).toEqual([]);
  });
});
