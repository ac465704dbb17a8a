/** The three ways to show a demo: a live view on a terminal, lines of a log, JSON lines. */

import { safeText } from '../../../cli/output.ts';
import { wantsColour } from '../../../cli/terminal.ts';
import type { DemoEvent } from '../events.ts';
import type { DemoOptions } from '../options.ts';
import type { ScenarioName } from '../scenarios.ts';
import type { DemoScene } from '../view/demo-scene.ts';
import { eventLine } from '../view/line-view.ts';
import { liveView } from '../view/live-view.ts';
import { type Screen, startScreen } from './screen.ts';
import { heartbeat, jsonTeller, lineTeller } from './tellers.ts';

export interface DemoStreams {
  readonly output: NodeJS.WriteStream;
  readonly errors: NodeJS.WriteStream;
  readonly input: NodeJS.ReadStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Show {
  /** True when somebody at the terminal can promote, and the demo goes on after its scenarios. */
  readonly isInteractive: boolean;
  tell(event: DemoEvent, scenario: ScenarioName | undefined): void;
  /** The newest picture, several times a second. */
  picture(scene: DemoScene): void;
  /** Gives the terminal back; what is written after this stays on it. Repeated calls are ignored. */
  end(): void;
}

export interface ShowKeys {
  promote(): void;
  leave(how: 'quit' | 'interrupt' | 'gone'): void;
}

export function showOf(options: DemoOptions, streams: DemoStreams, keys: ShowKeys): Show {
  const { output, input, env } = streams;
  // Whoever reads the pipe may stop doing so, and a terminal may be closed.
  output.on('error', () => keys.leave('gone'));
  if (options.json) return quietShow(jsonTeller((text) => void output.write(text)));
  const isTerminal = output.isTTY && input.isTTY && env['TERM'] !== 'dumb';
  return isTerminal ? liveShow(options, streams, keys) : lineShow((text) => void output.write(text));
}

function quietShow(tell: Show['tell']): Show {
  return { isInteractive: false, tell, picture: () => undefined, end: () => undefined };
}

function lineShow(write: (text: string) => void): Show {
  const tell = lineTeller(write);
  let newest: DemoScene | undefined;
  const life = heartbeat(
    () => performance.now(),
    () => {
      if (newest !== undefined)
        tell({ type: 'still', at: newest.now, message: newest.app?.why ?? 'starting' }, undefined);
    },
  );
  return {
    isInteractive: false,
    tell: (event, scenario) => {
      life.told();
      tell(event, scenario);
    },
    picture: (scene) => {
      newest = scene;
      life.tick();
    },
    end: () => undefined,
  };
}

function liveShow(options: DemoOptions, { output, input, env }: DemoStreams, keys: ShowKeys): Show {
  const style = { colour: wantsColour('auto', { outIsTty: true, env }), ascii: options.ascii || isAsciiOnly(env) };
  const told: string[] = [];
  let hasEnded = false;
  let newest: DemoScene | undefined;
  const draw = (): void => {
    if (newest !== undefined) screen.draw(liveView(newest, screen.size(), style).map((line) => safeText(line)));
  };
  const screen: Screen = startScreen({
    output,
    input,
    onKey: (key) => pressed(key, keys),
    onGone: () => keys.leave('gone'),
    onResize: draw,
  });
  return {
    isInteractive: true,
    // The whole story in lines, for whoever scrolls back after the live view is gone.
    tell: (event) => {
      if (event.type === 'result' || event.type === 'timeline') told.push(eventLine(event));
    },
    picture: (scene) => {
      newest = scene;
      draw();
    },
    end: () => {
      if (hasEnded) return;
      hasEnded = true;
      screen.stop();
      if (told.length > 0 && !output.destroyed) output.write(`${told.join('\n')}\n`);
    },
  };
}

/** True where the locale says outright that there are no other characters; nothing said means UTF-8 nowadays. */
export function isAsciiOnly({ LC_ALL, LC_CTYPE, LANG }: DemoStreams['env']): boolean {
  return ['C', 'POSIX'].includes(LC_ALL || LC_CTYPE || LANG || '');
}

function pressed(key: string, keys: ShowKeys): void {
  if (key === 'p' || key === 'P') keys.promote();
  if (key === 'q' || key === 'Q') keys.leave('quit');
  if (key === '\u0003') keys.leave('interrupt');
}
