/**
 * What a container does, decided by its image, command and environment: behaviour as data. Pure.
 *
 * Image tags: `...:missing*` is not in the registry, a host `unreachable.*` is a registry that does not answer, `...:bad`
 * answers 500 to everything unless ERROR_PCT says otherwise, `...:crash` exits with 1 at once, `...:unready` never gets
 * ready. Any other image serves. Environment: ERROR_PCT (0-100), LATENCY_MS, READY ("false" = never), READY_AFTER_MS, EXIT_CODE with
 * RUN_MS. A command made of `sleep N`, `exit N`, `true`, `false`, `echo ...` is obeyed; other commands just serve.
 */

export type Behaviour =
  | { readonly kind: 'serve'; readonly errorPct: number; readonly latencyMs: number; readonly readyAfterMs: number }
  | { readonly kind: 'exit'; readonly code: number; readonly afterMs: number };

export type Environment = Readonly<Record<string, string>>;

/** Why an image cannot be had, in the words a container runtime uses; undefined when it can. */
export function pullError(image: string): string | undefined {
  const { host, path, tag } = splitImage(image);
  const failed = `rpc error: code = %CODE% desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}"`;
  if (tag.startsWith('missing')) {
    return `${failed.replace('%CODE%', 'NotFound')}: ${image}: not found: manifest unknown`;
  }
  if (host.startsWith('unreachable.')) {
    const url = `https://${host}/v2/${path}/manifests/${tag}`;
    const why = `failed to do request: Head "${url}": dial tcp 203.0.113.7:443: i/o timeout`;
    return `${failed.replace('%CODE%', 'DeadlineExceeded')}: registry unreachable: ${why}`;
  }
  return undefined;
}

interface ImageParts {
  readonly host: string;
  readonly path: string;
  readonly tag: string;
}

export function splitImage(image: string): ImageParts {
  const [withoutDigest = '', digest] = image.split('@');
  const slash = withoutDigest.indexOf('/');
  const first = slash < 0 ? '' : withoutDigest.slice(0, slash);
  const isHost = first.includes('.') || first.includes(':') || first === 'localhost';
  const rest = isHost ? withoutDigest.slice(slash + 1) : withoutDigest;
  const colon = rest.lastIndexOf(':');
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  return {
    host: isHost ? first : 'docker.io',
    path: colon < 0 ? rest : rest.slice(0, colon),
    tag: tag ?? digest ?? 'latest',
  };
}

/** `command` is command and args in one. */
export function behaviourOf(image: string, command: readonly string[], env: Environment): Behaviour {
  const { tag } = splitImage(image);
  const script = scriptOf(command);
  if (script !== undefined) return script;
  if (env.EXIT_CODE !== undefined)
    return { kind: 'exit', code: numberIn(env, 'EXIT_CODE', 0), afterMs: numberIn(env, 'RUN_MS', 0) };
  if (tag === 'crash') return { kind: 'exit', code: 1, afterMs: 0 };
  const never = env.READY === 'false' || tag === 'unready';
  return {
    kind: 'serve',
    errorPct: numberIn(env, 'ERROR_PCT', tag === 'bad' ? 100 : 0),
    latencyMs: numberIn(env, 'LATENCY_MS', 0),
    readyAfterMs: never ? Number.POSITIVE_INFINITY : numberIn(env, 'READY_AFTER_MS', 0),
  };
}

function numberIn(env: Environment, name: string, fallback: number): number {
  const value = Number(env[name] ?? Number.NaN);
  return Number.isFinite(value) ? value : fallback;
}

/** A shell one-liner of the known words; undefined when any other word is in it. */
function scriptOf(command: readonly string[]): Behaviour | undefined {
  if (command.length === 0) return undefined;
  const isShell = /^(\/bin\/)?(ba|a)?sh$/.test(command[0] ?? '') && command.length > 2;
  const text = isShell ? command.slice(2).join(' ') : command.join(' ');
  let afterMs = 0;
  for (const step of text.split(/;|&&|\n/)) {
    const [word = '', argument = ''] = step.trim().split(/\s+/);
    if (word === 'sleep') afterMs += Number.parseFloat(argument) * 1000;
    else if (word === 'exit') return { kind: 'exit', code: Number.parseInt(argument || '0', 10), afterMs };
    else if (word === 'false') return { kind: 'exit', code: 1, afterMs };
    else if (word !== 'true' && word !== 'echo' && word !== '') return undefined;
  }
  return { kind: 'exit', code: 0, afterMs };
}
