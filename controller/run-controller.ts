/** Composition root of process 1: connects, starts caches and servers, leads, and runs the rooms while it leads. */

import { hostname } from 'node:os';
import { argoDialect, tidegateDialect } from '../crds/schema/dialect.ts';
import { repositoryKey } from '../crds/schema/repository-key.ts';
import { scaledClock, systemClock } from '../kube/clock.ts';
import { loadKubeConfig } from '../kube/config.ts';
import { discovery } from '../kube/discovery.ts';
import { transport } from '../kube/transport.ts';
import type { AddressPolicy } from '../outbound/address-policy.ts';
import { type AwsAccess, awsAccess } from '../outbound/aws/access.ts';
import { type AwsSettings, endpointHosts } from '../outbound/aws/settings.ts';
import { outboundClient } from '../outbound/client.ts';
import { addressPolicy } from './address-policy.ts';
import { apiAddresses } from './api-addresses.ts';
import { startableCaches } from './caches.ts';
import { realChance } from './chance.ts';
import type { ControllerConfig } from './config.ts';
import { orEndOfStdin } from './end-of-stdin.ts';
import { type ControllerParts, leadOrStandBy, type Led } from './lead.ts';
import { controllerLog } from './log.ts';
import { metricProviders } from './metric-providers.ts';
import { controllerMetrics } from './server/metrics.ts';
import { startServers } from './server/servers.ts';
import { connectSource } from './source-connection.ts';
import { pluginHosts, readStepPlugins } from './step-plugins.ts';
import { version } from './version.ts';

/** The parts, and what must be closed at the end. */
interface Connected {
  readonly parts: ControllerParts;
  readonly sourceEnded: Promise<void>;
  readonly close: () => void;
}

/** Resolves to the exit code: 0 after a clean stop, 1 when the lease was lost (start anew). Rejects when it can't start. */
export async function runController(config: ControllerConfig, aws: AwsSettings, asked: AbortSignal): Promise<number> {
  const running = new AbortController();
  const signal = orEndOfStdin(config, asked);
  signal.addEventListener('abort', () => running.abort(), { once: true });
  if (signal.aborted) running.abort();
  const { parts, sourceEnded, close } = await connect(config, aws, running.signal);
  const { caches, led, metrics } = parts;
  const log = parts.log('controller');
  const closeServers = await startServers(config, {
    metrics,
    unsynced: () => caches.unsynced(),
    leading: () => led.leadership?.mayWrite() ?? false,
    hint: (hint) => {
      const { branch } = hint;
      log.debug('hint taken', { repository: repositoryKey(hint.repository), branch, leading: led.rooms.length > 0 });
      for (const room of led.rooms) room.hint?.(hint);
    },
  });
  const feeding = caches.run(running.signal);
  try {
    return await leadOrStandBy(parts, running.signal);
  } finally {
    running.abort();
    await Promise.all([feeding, sourceEnded, closeServers()]);
    close();
    log.info('stopped');
  }
}

async function connect(given: ControllerConfig, awsGiven: AwsSettings, signal: AbortSignal): Promise<Connected> {
  const clock = given.clockRate === 1 ? systemClock : scaledClock({ from: given.clockFrom, rate: given.clockRate });
  const log = (room: string) => controllerLog(given.logLevel, room);
  const metrics = controllerMetrics(version);
  const dialect = given.apiGroup === 'argoproj.io' ? argoDialect : tidegateDialect;
  const connection = await loadKubeConfig({
    ...(given.kubeconfig === undefined ? {} : { path: given.kubeconfig }),
    ...(given.context === undefined ? {} : { context: given.context }),
  });
  const led: Led = { leadership: undefined, rooms: [] };
  const wire = transport({
    connection,
    userAgent: `tidegate-controller/${version}`,
    gate: () => led.leadership,
    onRequest: (call) => metrics.apiCall(call),
  });
  const ofServer = await apiAddresses({ server: connection.server, transport: wire, log: log('controller') });
  const config = { ...given, refuseAddress: [...new Set([...given.refuseAddress, ...ofServer])] };
  const found = discovery(wire, { clock });
  const plugins = await readStepPlugins(config.stepPluginsFile);
  const policy = addressPolicy(config);
  const userAgent = `tidegate/${version}`;
  const caches = startableCaches({
    transport: wire,
    discovery: found,
    dialect,
    namespaces: config.namespaces,
    instanceId: config.instanceId,
    clock,
    log: log('controller'),
    random: () => realChance.number(),
  });
  const aws = awsFor(awsGiven, policy, userAgent);
  const source = connectSource({ config, clock, log: log('controller'), signal });
  const parts: ControllerParts = {
    config,
    dialect,
    clock,
    chance: realChance,
    log,
    metrics,
    transport: wire,
    discovery: found,
    caches,
    source: source.client,
    outbound: outboundClient({ policy, userAgent }),
    stepPlugins: {
      known: plugins,
      outbound: outboundClient({
        policy: { ...policy, allow: [...config.allowAddress, ...pluginHosts(plugins)] },
        userAgent,
      }),
    },
    providers: metricProviders(config, aws),
    aws,
    host: hostname(),
    led,
  };
  return { parts, sourceEnded: source.ended, close: () => wire.close() };
}

/** The operator may give addresses instead of AWS's own. */
function awsFor(settings: AwsSettings, policy: AddressPolicy, userAgent: string): AwsAccess {
  const allow = [...(policy.allow ?? []), ...endpointHosts(settings)];
  return awsAccess({ settings, outbound: outboundClient({ policy: { ...policy, allow }, userAgent }) });
}
