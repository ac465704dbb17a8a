/**
 * Starts a real gateway for a test: Traefik with its Kubernetes Gateway provider, which splits real requests by the
 * weights of HTTPRoutes. Applies the Gateway API's CRDs, a GatewayClass, a Gateway and the gateway's own rights.
 *
 *   const gateway = await startGateway(cluster);
 *   // an HTTPRoute with parentRefs: [gateway.parentRef] and, for several apps, a host name
 *   await fetch(gateway.url, ...)             // by host name: pass `host` with node:http, fetch won't send it
 *   gateway.metricsUrl                        // traefik_service_requests_total{service="default-NAME-http-80@kubernetesgateway",code}
 *
 * Pods are reached on their own addresses, so the run must be inside a network namespace (network.ts).
 */
import { z } from 'zod';
import type { BedObject } from './api.ts';
import { type Child, startChild } from './child.ts';
import { type Cluster, clusterMissing } from './cluster.ts';
import { eventually } from './eventually.ts';
import { freePorts } from './free-port.ts';
import { applyGatewayApi, gatewayApiMissing } from './gateway-api.ts';
import { networkMissing } from './network.ts';
import { missingProgram, program } from './programs.ts';
import { makeTempDir, removeTempDir } from './temp-dir.ts';

export interface Gateway {
  /** Where requests enter: http://127.0.0.1:PORT */
  readonly url: string;
  readonly metricsUrl: string;
  /** host:port of the metrics, as a scrape target. */
  readonly metricsAddress: string;
  /** What an HTTPRoute names as its parent. */
  readonly parentRef: { name: string; namespace: string; sectionName: string };
  /** Ends the process (an outage of the gateway); `startServer` brings it back on the same address. */
  stopServer(): Promise<void>;
  startServer(): Promise<void>;
  logTail(lines?: number): string;
  pids(): number[];
  stop(): Promise<void>;
}

const NAME = 'bed-gateway';
const USER = 'bed-gateway-controller';
const API = 'gateway.networking.k8s.io';

/** Why the gateway can't be started here; undefined when it can. */
export function gatewayMissing(): string | undefined {
  return clusterMissing() ?? missingProgram(['traefik']) ?? gatewayApiMissing() ?? networkMissing();
}

/** Starts the gateway; resolves when its Gateway is programmed and it answers. */
export async function startGateway(cluster: Cluster): Promise<Gateway> {
  const folder = makeTempDir('gateway');
  const [webPort = 0, metricsPort = 0] = await freePorts(2);
  const [kubeconfigPath] = await Promise.all([cluster.user(USER), applyGatewayApi(cluster)]);
  await cluster.api.apply(...rights(), ...gatewayObjects(webPort));
  const url = `http://127.0.0.1:${webPort}`;
  const metricsAddress = `127.0.0.1:${metricsPort}`;
  let child: Child | undefined;

  const startServer = async (): Promise<void> => {
    const { KUBERNETES_SERVICE_HOST: _unset, ...outer } = process.env;
    const started = await startChild({
      name: 'traefik',
      command: program('traefik'),
      args: traefikFlags(webPort, metricsPort),
      env: { ...outer, KUBECONFIG: kubeconfigPath },
      logDir: folder,
      cwd: folder,
    });
    child = started;
    await untilServing(cluster, started, `http://${metricsAddress}/ping`);
  };
  const stop = async (): Promise<void> => {
    await child?.stop(0);
    removeTempDir(folder);
  };
  await startServer().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    url,
    metricsUrl: `http://${metricsAddress}/metrics`,
    metricsAddress,
    parentRef: { name: NAME, namespace: 'default', sectionName: 'web' },
    async stopServer() {
      await child?.stop(0);
    },
    startServer,
    logTail: (lines) => child?.logTail(lines) ?? '',
    pids: () => (child?.isRunning() ? [child.pid] : []),
    stop,
  };
}

function traefikFlags(webPort: number, metricsPort: number): string[] {
  return [
    '--global.checkNewVersion=false',
    '--global.sendAnonymousUsage=false',
    '--log.level=INFO',
    '--log.noColor=true',
    // The Gateway's listener and the entry point find each other by the port.
    `--entryPoints.web.address=127.0.0.1:${webPort}`,
    `--entryPoints.metrics.address=127.0.0.1:${metricsPort}`,
    '--providers.kubernetesGateway=true',
    // How long it gathers changes before it serves them; its default is 2 s.
    '--providers.providersThrottleDuration=100ms',
    '--ping=true',
    '--ping.entryPoint=metrics',
    '--metrics.prometheus=true',
    '--metrics.prometheus.entryPoint=metrics',
    '--metrics.prometheus.addServicesLabels=true',
    '--metrics.prometheus.buckets=0.005,0.02,0.05,0.1,0.25,0.5,1,2.5',
  ];
}

const gatewaySchema = z.object({
  status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })) }),
});

async function untilServing(cluster: Cluster, child: Child, pingUrl: string): Promise<void> {
  const check = async (saw: (value: unknown) => void): Promise<boolean> => {
    child.assertRunning();
    if (!(await fetch(pingUrl)).ok) return false;
    const found = await cluster.api.get(`/apis/${API}/v1/namespaces/default/gateways/${NAME}`);
    const { conditions } = gatewaySchema.parse(found).status;
    saw(conditions);
    return conditions.some((condition) => condition.type === 'Programmed' && condition.status === 'True');
  };
  await eventually('the Gateway is programmed', check, { withinMs: 30_000 }).catch((error: unknown) => {
    throw new Error(`${String(error)}\nend of the gateway's log:\n${child.logTail(30)}`);
  });
}

function gatewayObjects(port: number): BedObject[] {
  const everyNamespace = { namespaces: { from: 'All' } };
  return [
    {
      apiVersion: `${API}/v1`,
      kind: 'GatewayClass',
      metadata: { name: 'bed' },
      spec: { controllerName: 'traefik.io/gateway-controller' },
    },
    {
      apiVersion: `${API}/v1`,
      kind: 'Gateway',
      metadata: { name: NAME, namespace: 'default' },
      spec: {
        gatewayClassName: 'bed',
        listeners: [{ name: 'web', protocol: 'HTTP', port, allowedRoutes: everyNamespace }],
      },
    },
  ];
}

/** What the gateway may do, no more: it is a client like any other. */
function rights(): BedObject[] {
  const role = 'bed-gateway-controller';
  const read = ['get', 'list', 'watch'];
  const routes = ['gatewayclasses', 'gateways', 'httproutes', 'grpcroutes', 'referencegrants'];
  return [
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: role },
      rules: [
        { apiGroups: [''], resources: ['namespaces', 'services', 'secrets', 'configmaps'], verbs: read },
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: read },
        { apiGroups: [API], resources: routes, verbs: read },
        { apiGroups: [API], resources: routes.map((route) => `${route}/status`), verbs: ['update', 'patch'] },
      ],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: role },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: USER }],
    },
  ];
}
