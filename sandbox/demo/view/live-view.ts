/** The live view: the whole screen as lines for a terminal of a given size. Pure. */

import { short } from '../../../cli/view/git-sentences.ts';
import { paint, type Style } from '../../../cli/view/style.ts';
import {
  checkLines,
  countdownLine,
  cutAll,
  headLine,
  label,
  podsLine,
  stepLines,
  trafficLines,
  whyLines,
} from './app-lines.ts';
import { columnsOf, fit, wrapped } from './columns.ts';
import type { AppPicture, DemoScene, GitLine } from './demo-scene.ts';
import { plainText, sign } from './glyphs.ts';

export interface ViewSize {
  readonly columns: number;
  readonly rows: number;
}

const mostColumns = 160;
/** From here on the Git log stands beside the application instead of below it. */
const besideFrom = 120;
const gap = 2;
const authorWidth = 8;

/** At most `rows` lines of at most `columns` columns. What does not fit is left out, the least important first. */
export function liveView(scene: DemoScene, size: ViewSize, style: Style): readonly string[] {
  const columns = Math.min(size.columns, mostColumns);
  const top = [...headerLines(scene, columns, style), ''];
  const foot = footLines(scene, columns, style);
  const room = size.rows - top.length - foot.length;
  const middle = columns >= besideFrom ? sideBySide(scene, columns, room, style) : stacked(scene, columns, room, style);
  return cutAll([...top, ...middle.slice(0, Math.max(0, room)), ...foot], columns, style).slice(0, size.rows);
}

function headerLines({ scenario, speed, results }: DemoScene, columns: number, style: Style): readonly string[] {
  const dot = ` ${sign('dot', style)} `;
  const which =
    scenario === undefined ? 'starting' : `scenario ${scenario.number} of ${scenario.total}: ${scenario.name}`;
  const ended = results.map(({ scenario: name, text, isExpected }) =>
    paint(`${sign(isExpected ? 'done' : 'bad', style)} ${name}: ${text}`, isExpected ? 'good' : 'bad', style),
  );
  const title = paint(['Tidegate demo', which, `speed ${speed}x`].join(dot), 'busy', style);
  const told = scenario?.story ?? 'The cluster, the repository and the controller are starting.';
  const story = wrapped(told, columns - 1, 2);
  return [
    ` ${title}`,
    ` ${paint(banner(columns), 'held', style)}`,
    ...inLines(ended, columns),
    ...story.map((line) => ` ${plainText(line, style)}`),
  ];
}

/** As many of the texts in a line as fit. */
function inLines(texts: readonly string[], columns: number): readonly string[] {
  const lines: string[] = [];
  for (const text of texts) {
    const longer = `${lines.at(-1) ?? ''}   ${text}`;
    if (lines.length > 0 && columnsOf(longer) <= columns) lines[lines.length - 1] = longer;
    else lines.push(` ${text}`);
  }
  return lines;
}

/** What is simulated and what is not, in the longest form that fits. */
function banner(columns: number): string {
  const long = 'simulated cluster: only the cluster is simulated; controller, source process and Git are real';
  return long.length < columns ? long : 'simulated cluster; the controller, its source process and Git are real';
}

function footLines({ keys, kubeconfigPath }: DemoScene, columns: number, style: Style): readonly string[] {
  const help = keys.map(({ key, does }) => `${paint(key, 'busy', style)} ${does}`).join('   ');
  const whole = ` export KUBECONFIG=${kubeconfigPath}`;
  // A path that is cut is of no use, so what stands before it goes first.
  const path = kubeconfigPath === '' ? [] : [columnsOf(whole) <= columns ? whole : ` ${kubeconfigPath}`];
  return ['', ...path.map((line) => paint(line, 'faint', style)), ` ${help}`];
}

function stacked(scene: DemoScene, columns: number, room: number, style: Style): readonly string[] {
  if (scene.app === undefined) return gitLines(scene.git, columns, style);
  const roomy = appLines(scene.app, columns, 3, true, style);
  const least = scene.git.length === 0 ? 0 : Math.min(3, scene.git.length) + 1;
  const app = roomy.length + least < room ? [...roomy, ''] : appLines(scene.app, columns, 3, false, style);
  return [...app, ...gitLines(scene.git, columns, style)];
}

function sideBySide(scene: DemoScene, columns: number, room: number, style: Style): readonly string[] {
  const leftWidth = Math.floor(columns * 0.61);
  const roomy = scene.app === undefined ? [''] : appLines(scene.app, leftWidth - 1, 4, true, style);
  const left =
    scene.app === undefined || roomy.length <= room ? roomy : appLines(scene.app, leftWidth - 1, 3, false, style);
  const right = gitLines(scene.git, columns - leftWidth - gap, style);
  const height = Math.max(left.length, right.length);
  const line = paint(style.ascii ? '|' : '│', 'faint', style);
  return Array.from({ length: height }, (_, row) =>
    `${fit(left[row] ?? '', leftWidth)}${line}${right[row] ?? ''}`.trimEnd(),
  );
}

/** With `isRoomy` a blank line stands between the parts. */
function appLines(
  app: AppPicture,
  columns: number,
  mostWhyLines: number,
  isRoomy: boolean,
  style: Style,
): readonly string[] {
  const countdown = countdownLine(app, style);
  const parts = [
    [` ${headLine(app, columns - 1, style)}`],
    trafficLines(app, columns, style),
    [podsLine(app, style)],
    checkLines(app, columns, style),
    [...stepLines(app, columns, style), ...(countdown === '' ? [] : [countdown])],
    whyLines(app, columns, mostWhyLines, style),
  ];
  const lines = parts.flatMap((part, index) => (isRoomy && index > 0 ? ['', ...part] : part));
  return cutAll(lines, columns, style);
}

function gitLines(git: readonly GitLine[], columns: number, style: Style): readonly string[] {
  if (git.length === 0) return [];
  const lines = git.map((line) => {
    const isRevert = line.kind === 'revert';
    const glyph = paint(sign(isRevert ? 'revert' : 'release', style), isRevert ? 'held' : 'faint', style);
    const who = fit(line.author, authorWidth, plainText('…', style));
    return ` ${glyph} ${paint(short(line.commit), 'busy', style)} ${who} ${plainText(line.subject, style)}`;
  });
  return cutAll([paint(`${label('git')}branch main, newest first`, 'faint', style), ...lines], columns, style);
}
