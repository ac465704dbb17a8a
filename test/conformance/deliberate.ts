/** Every place where the sandbox is meant to answer otherwise than a real server, each with the reason. They don't count as differences. */

export interface Deliberate {
  /** Id of the case. */
  readonly case: string;
  /** As in compare.ts; `*` is any one key. */
  readonly path: string;
  readonly why: string;
}

const noStrategicMerge =
  'the sandbox has no strategic merge patch: it answers 415 for built-in kinds too, as a real server does for custom resources; the product never sends one';
const wordsOfYaml =
  'status and reason are the same; what is wrong with the YAML is said in the words of another parser';
const wordsOfCel =
  'the definition is refused for the same field; the syntax error is said in the words of another compiler';
const goDiff =
  'refused with the same sentence; a real server appends a diff of its own Go structs, which no client reads';
const noNodeController =
  'a real server marks a new node as not ready until its node controller takes the mark off; the sandbox has neither';
const oneAutoscaling =
  'the sandbox serves autoscaling/v2 only; of autoscaling/v1 clients need the Scale subresource, which is there';
const callersByName =
  'the sandbox knows callers by name: SelfSubjectReview tells user and groups, not the uid of the account and the id of the token (TokenReview tells both)';

export const deliberate: readonly Deliberate[] = [
  { case: 'content-strategic', path: '1', why: noStrategicMerge },
  { case: 'apply-yaml', path: '1.body.message', why: wordsOfYaml },
  { case: 'strict-yaml', path: '0.body.message', why: wordsOfYaml },
  { case: 'strict-yaml', path: '2.body.message', why: wordsOfYaml },
  { case: 'definition-wrong', path: '4.body.message', why: wordsOfCel },
  { case: 'definition-wrong', path: '4.body.details.causes.0.message', why: wordsOfCel },
  { case: 'pod-immutable', path: '2.body.message', why: goDiff },
  { case: 'pod-immutable', path: '2.body.details.causes.0.message', why: goDiff },
  { case: 'claim-resize', path: '*.body.message', why: goDiff },
  { case: 'claim-resize', path: '*.body.details.causes.0.message', why: goDiff },
  { case: 'node', path: '*.body.spec.taints', why: noNodeController },
  { case: 'table-nodes', path: '*.body.spec.taints', why: noNodeController },
  { case: 'api-groups', path: '0.body.groups.*.versions.1', why: oneAutoscaling },
  { case: 'whoami-account', path: '2.body.status.userInfo.uid', why: callersByName },
  { case: 'whoami-account', path: '2.body.status.userInfo.extra', why: callersByName },
];
