/** Whose rules a verdict follows: Argo Rollouts' to the letter, or Tidegate's, where missing evidence holds and never decides. */
import { type Dialect, isArgo } from '../../crds/schema/dialect.ts';

export type JudgeRule = 'argo' | 'tidegate';

export function ruleOf(dialect: Dialect): JudgeRule {
  return isArgo(dialect) ? 'argo' : 'tidegate';
}
