/** Kinds that ask a question: whose token this is, who I am, what one may do. Everybody who is known may do everything. */

import type { Json, JsonObject } from '../../crds/schema/json.ts';
import type { Caller } from './contract.ts';
import type { ReviewKind } from './discovery.ts';
import { askedFields } from './asked-fields.ts';
import { listAt, objectAt, stringAt } from './json-access.ts';
import { invalid } from './status-error.ts';
import type { TokenUser } from './tokens.ts';

const authentication = { group: 'authentication.k8s.io', version: 'v1', namespaced: false };
const authorization = { group: 'authorization.k8s.io', version: 'v1', namespaced: false };

export const reviewKinds: readonly ReviewKind[] = [
  { ...authentication, kind: 'SelfSubjectReview', plural: 'selfsubjectreviews' },
  { ...authentication, kind: 'TokenReview', plural: 'tokenreviews' },
  { ...authorization, kind: 'LocalSubjectAccessReview', plural: 'localsubjectaccessreviews', namespaced: true },
  { ...authorization, kind: 'SelfSubjectAccessReview', plural: 'selfsubjectaccessreviews' },
  { ...authorization, kind: 'SelfSubjectRulesReview', plural: 'selfsubjectrulesreviews' },
  { ...authorization, kind: 'SubjectAccessReview', plural: 'subjectaccessreviews' },
];

export interface ReviewContext {
  readonly caller: Caller;
  readonly timestamp: string;
  /** The user of a token and its uid, if it is good. */
  userOf(token: string): TokenUser | undefined;
}

/** The review with its answer in `status`. */
export function answerReview(review: ReviewKind, body: JsonObject, context: ReviewContext): JsonObject {
  checkAttributes(review, body);
  const status = statusOf(review.kind, body, context);
  const spec = objectAt(body, 'spec');
  const manager = context.caller.userAgent.split('/')[0] ?? '';
  const apiVersion = `${review.group}/${review.version}`;
  const managedFields = askedFields(body, { manager, apiVersion, timestamp: context.timestamp });
  const metadata =
    review.kind === 'SelfSubjectReview'
      ? { creationTimestamp: context.timestamp }
      : managedFields.length === 0
        ? {}
        : { managedFields };
  const asked =
    review.kind === 'SelfSubjectReview' ? {} : { spec: review.kind === 'SelfSubjectRulesReview' ? {} : spec };
  return { kind: review.kind, apiVersion, metadata, ...asked, status };
}

function checkAttributes({ kind, group }: ReviewKind, body: JsonObject): void {
  const { resourceAttributes, nonResourceAttributes } = objectAt(body, 'spec');
  if (
    !kind.endsWith('SubjectAccessReview') ||
    (resourceAttributes === undefined) !== (nonResourceAttributes === undefined)
  )
    return;
  const message = 'Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified';
  throw invalid({ group, kind: '' }, '', [{ reason: 'FieldValueInvalid', field: 'spec.resourceAttributes', message }]);
}

function statusOf(kind: string, body: JsonObject, context: ReviewContext): JsonObject {
  switch (kind) {
    case 'TokenReview':
      return tokenStatus(body, context);
    case 'SelfSubjectReview':
      return { userInfo: userInfo(context.caller.user, '') };
    case 'SelfSubjectRulesReview':
      return everyRule;
    default:
      return { allowed: true };
  }
}

const everyRule: JsonObject = {
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
  incomplete: false,
};

const audience = 'https://kubernetes.default.svc';

function tokenStatus(body: JsonObject, context: ReviewContext): JsonObject {
  const user = context.userOf(stringAt(body, 'spec', 'token'));
  if (user === undefined) return { user: {}, error: 'invalid bearer token' };
  const extra = user.id === '' ? {} : { extra: { 'authentication.kubernetes.io/credential-id': [`JTI=${user.id}`] } };
  const asked: readonly Json[] = listAt(body, 'spec', 'audiences');
  return {
    authenticated: true,
    user: { ...userInfo(user.username, user.uid), ...extra },
    audiences: asked.length > 0 ? asked : [audience],
  };
}

/** The groups that a real server gives: all accounts, those of the namespace, and everybody who is known. */
export function userInfo(username: string, uid: string): JsonObject {
  const account = /^system:serviceaccount:([^:]+):/.exec(username);
  const groups =
    account === null
      ? ['system:masters', 'system:authenticated']
      : ['system:serviceaccounts', `system:serviceaccounts:${account[1]}`, 'system:authenticated'];
  return { username, ...(uid === '' ? {} : { uid }), groups };
}
