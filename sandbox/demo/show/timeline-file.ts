/** Writes the timeline where it outlives the demo: a file of its own in the folder for temporary files. */

import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { timelineSvg } from '../view/timeline-svg.ts';
import type { Timeline } from '../view/timeline.ts';

/** Gives the path. Never overwrites a file that is there. */
export function writeTimeline(timeline: Timeline): string {
  const path = join(tmpdir(), `tidegate-timeline-${randomBytes(4).toString('hex')}.svg`);
  writeFileSync(path, timelineSvg(timeline), { flag: 'wx' });
  return path;
}
