import { describe, expect, it } from 'vitest';
import { openCommand, staleness } from './command.ts';
import { decide } from './decide.ts';
import { sceneOf } from './scene.ts';
import { anObserved, aRollout, aStatus, shopKeys } from './testing/builders.ts';

const scene = sceneOf(anObserved(), aStatus());
const annotated = (annotations: Record<string, string>) => openCommand(aRollout({ annotations }), undefined, shopKeys);

describe('a command', () => {
  it('is none without its verb, and none on a Rollout without annotations', () => {
    const { annotations: _, ...metadata } = aRollout().metadata;

    expect(annotated({ [shopKeys.commandId]: '1' })).toBeUndefined();
    expect(openCommand({ ...aRollout(), metadata }, undefined, shopKeys)).toBeUndefined();
  });

  it('without an id is refused with the annotation that is missing', () => {
    const command = annotated({ [shopKeys.command]: 'promote' });

    expect(command && staleness(scene, command)).toBe(
      `annotation ${shopKeys.commandId} is missing: give every command an id of its own`,
    );
  });

  it('that does not exist is refused with those that do', () => {
    const annotations = { [shopKeys.command]: 'hurry', [shopKeys.commandId]: '1' };
    const { status } = decide(anObserved({ rollout: { status: aStatus(), annotations } }));

    expect(status.lastCommand?.message).toContain('there is no command "hurry": use one of promote, ');
  });

  it.each([
    [{ [shopKeys.commandRevision]: 'nine' }, 'it is meant for revision nine'],
    [{ [shopKeys.commandStep]: '3' }, 'it is meant for step 3, but the rollout is at step 0'],
  ])('for another place is refused (%j)', (where, why) => {
    const command = annotated({ [shopKeys.command]: 'promote', [shopKeys.commandId]: '1', ...where });

    expect(command && staleness(scene, command)).toContain(why);
  });
});
