/**
 * A simulated gateway: an HTTP data plane on loopback that obeys HTTPRoutes, and the status it reports about them. An API
 * client only, so it serves a real control plane and a simulated one.
 *
 * All HTTP listeners of all Gateways of the class `sandbox.tidegate.io/gateway` are served on one port, whatever theirs is.
 * Not served: TLS, upgraded connections (WebSocket), other kinds of routes, filters of type ExtensionRef.
 */

import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dataPlane } from './data-plane.ts';
import { endpointsOf } from './endpoints.ts';
import { type RequestCount, requestCounts } from './request-counts.ts';
import { defaultReportDelayMs, reportStatus } from './router-status.ts';
import { destinations, trafficPlan } from './traffic-plan.ts';
import { gatewayWorld, type WorldOptions } from './world.ts';

/** `random` also decides where in the cycle of its weights a rule starts. */
export interface GatewayOptions extends WorldOptions {
  /** Default: chosen by the system. */
  readonly port?: number;
  /** From the moment a change is seen, and obeyed, to its report in the status; default 100. */
  readonly reportDelayMs?: number;
}

export interface Gateway {
  /** Where requests enter: http://127.0.0.1:PORT */
  readonly url: string;
  /** Where Prometheus reads the counts; users don't reach it through `url`. */
  readonly metricsUrl: string;
  counts(): readonly RequestCount[];
  metricsText(): string;
  stop(): Promise<void>;
}

/** Resolves when it listens and has read the cluster once. Rejects when the port is taken. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const stop = new AbortController();
  const world = gatewayWorld(options);
  const counts = requestCounts();
  const endpoints = endpointsOf(world);
  const plan = trafficPlan(world, endpoints, options.random);
  const metricsText = (): string => counts.text(destinations(world, endpoints));
  const plane = dataPlane({ plan, counts });
  const entry = createServer((request, response) => plane.handle(request, response));
  const metrics = createServer(metricsPage(metricsText));
  await listen(entry, options.port ?? 0);
  await listen(metrics, 0);
  const reports = reportStatus(world, options.reportDelayMs ?? defaultReportDelayMs, stop.signal);
  const running = world.run(stop.signal);
  await world.whenSettled(stop.signal);
  return {
    url: urlOf(entry),
    metricsUrl: `${urlOf(metrics)}/metrics`,
    counts: () => counts.counts(),
    metricsText,
    async stop() {
      stop.abort();
      await Promise.all([close(entry), close(metrics), running, reports.ended()]);
      plane.close();
    },
  };
}

function metricsPage(text: () => string): RequestListener {
  return (request, response) => {
    const found = request.url === '/metrics';
    response.writeHead(found ? 200 : 404, { 'content-type': 'text/plain; version=0.0.4' });
    response.end(found ? text() : 'see /metrics\n');
  };
}

function listen(server: Server, port: number): Promise<void> {
  server.keepAliveTimeout = 60_000;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
