/** `explain`: why a Rollout is where it is, and what would move it. */

import { show } from '../output.ts';
import { readScene } from '../read-scene.ts';
import type { Session } from '../session.ts';
import { explanation } from '../view/explanation.ts';
import { explanationText } from '../view/explanation-text.ts';

export async function explain(session: Session, name: string, program: string): Promise<void> {
  const scene = await readScene(session, name);
  const view = explanation(scene, program);
  const shown = {
    view,
    text: () => explanationText(view, scene.now, session.style),
    names: [`rollout.${session.dialect.group}/${name}`],
  };
  show(shown, session.flags.output, session.terminal);
}
