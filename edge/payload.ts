/** Which branches of which repository a webhook says were pushed: payloads of GitHub, Gitea, GitLab, Bitbucket and our own short one. Pure. */

import { z } from 'zod';
import { repositoryKey } from '../crds/schema/repository-key.ts';
import { Hint } from './hint.ts';

export type Payload =
  | { readonly kind: 'push'; readonly hints: readonly Hint[] }
  /** Nothing to do: a test of the webhook, or a push of something other than a branch. */
  | { readonly kind: 'nothing'; readonly message: string }
  | { readonly kind: 'wrong'; readonly message: string };

const url = z.string().optional();
const link = z.looseObject({ href: url }).optional();

/** Every host's names for the addresses of a repository. */
const Repository = z.looseObject({
  clone_url: url,
  ssh_url: url,
  html_url: url,
  git_http_url: url,
  git_ssh_url: url,
  homepage: url,
  links: z.looseObject({ html: link, clone: z.array(z.looseObject({ href: url })).optional() }).optional(),
});
const Project = z.looseObject({ git_http_url: url, git_ssh_url: url, web_url: url });
const BitbucketRef = z.looseObject({ type: z.string(), name: z.string() }).nullable().optional();

/** GitHub, Gitea, Forgejo and GitLab name one ref. */
const OneRef = z.looseObject({
  ref: z.string(),
  repository: Repository.optional(),
  project: Project.optional(),
});
const Bitbucket = z.looseObject({
  push: z.looseObject({ changes: z.array(z.looseObject({ new: BitbucketRef, old: BitbucketRef })).max(1000) }),
  repository: Repository,
});
const BitbucketServer = z.looseObject({
  changes: z.array(z.looseObject({ ref: z.looseObject({ id: z.string() }) })).max(1000),
  repository: Repository,
});
const Ping = z.looseObject({ zen: z.string(), hook_id: z.number() });

const expected =
  'a push of GitHub, GitLab, Gitea, Forgejo or Bitbucket, or {"repository": "<address>", "branch": "<name>"}, is expected';
const maxHints = 50;

/** `body` is the raw body of the request; JSON only. */
export function readPayload(body: string): Payload {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return wrong(`The body is no JSON: set the content type of the webhook to application/json; ${expected}.`);
  }
  const own = Hint.safeParse(json);
  if (own.success) return { kind: 'push', hints: [own.data] };
  const bitbucket = Bitbucket.safeParse(json);
  if (bitbucket.success) return hintsOf(addresses(bitbucket.data.repository), bitbucketBranches(bitbucket.data));
  const server = BitbucketServer.safeParse(json);
  if (server.success)
    return hintsOf(
      addresses(server.data.repository),
      server.data.changes.flatMap(({ ref }) => branchOf(ref.id)),
    );
  const oneRef = OneRef.safeParse(json);
  if (oneRef.success) {
    const { ref, repository, project } = oneRef.data;
    return hintsOf([...addresses(repository), ...addressesOfProject(project)], branchOf(ref));
  }
  if (Ping.safeParse(json).success) return { kind: 'nothing', message: 'The webhook works.' };
  return wrong(`The body names no repository and branch: ${expected}.`);
}

function hintsOf(found: readonly string[], branches: readonly string[]): Payload {
  const repositories = [...new Map(found.map((one) => [repositoryKey(one), one])).values()];
  if (repositories.length === 0) return wrong(`The body has no address of its repository: ${expected}.`);
  if (branches.length === 0) return { kind: 'nothing', message: 'No branch was pushed.' };
  const hints = repositories.flatMap((repository) => branches.map((branch) => ({ repository, branch })));
  const valid = hints.filter((hint) => Hint.safeParse(hint).success);
  if (valid.length < hints.length) return wrong('The body has an address or a branch that is too long.');
  return { kind: 'push', hints: valid.slice(0, maxHints) };
}

function branchOf(ref: string): readonly string[] {
  return ref.startsWith('refs/heads/') ? [ref.slice('refs/heads/'.length)] : [];
}

function bitbucketBranches({ push }: z.infer<typeof Bitbucket>): readonly string[] {
  const refs = push.changes.map((change) => change.new ?? change.old);
  return [...new Set(refs.flatMap((ref) => (ref?.type === 'branch' ? [ref.name] : [])))];
}

function addresses(repository: z.infer<typeof Repository> | undefined): readonly string[] {
  if (repository === undefined) return [];
  const { clone_url, ssh_url, html_url, git_http_url, git_ssh_url, homepage, links } = repository;
  const linked = [links?.html?.href, ...(links?.clone ?? []).map(({ href }) => href)];
  return present([clone_url, ssh_url, html_url, git_http_url, git_ssh_url, homepage, ...linked]);
}

function addressesOfProject(project: z.infer<typeof Project> | undefined): readonly string[] {
  return present([project?.git_http_url, project?.git_ssh_url, project?.web_url]);
}

function present(values: readonly (string | undefined)[]): readonly string[] {
  return values.filter((value) => value !== undefined && value !== '') as readonly string[];
}

function wrong(message: string): Payload {
  return { kind: 'wrong', message };
}
