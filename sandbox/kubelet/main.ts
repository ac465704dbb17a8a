/**
 * The simulated kubelet as a program: `node sandbox/kubelet/main.ts --kubeconfig FILE --node NAME [--pod-cidr CIDR]
 * [--addresses pod-range|loopback|none] [--start-delay 200ms] [--drain 500ms] [--control-port N]`. With a control port,
 * GET /pods on 127.0.0.1 lists all pods with their request counts.
 */

import { createServer, type Server } from 'node:http';
import { parseArgs } from 'node:util';
import { parseDurationMs } from '../../crds/schema/duration.ts';
import { type Kubelet, type KubeletOptions, startKubelet } from './kubelet.ts';

const { values } = parseArgs({
  options: {
    kubeconfig: { type: 'string' },
    node: { type: 'string', default: 'sandbox' },
    'pod-cidr': { type: 'string', default: '10.244.0.0/16' },
    addresses: { type: 'string', default: 'pod-range' },
    'start-delay': { type: 'string', default: '200ms' },
    drain: { type: 'string', default: '500ms' },
    'control-port': { type: 'string' },
  },
});

const kubelet = await startKubelet({
  ...(values.kubeconfig === undefined ? {} : { kubeconfigPath: values.kubeconfig }),
  nodeName: values.node,
  podCidr: values['pod-cidr'],
  addresses: addressesOf(values.addresses),
  startDelayMs: durationOf('start-delay', values['start-delay']),
  drainMs: durationOf('drain', values.drain),
});
const control =
  values['control-port'] === undefined ? undefined : serveControl(kubelet, Number(values['control-port']));
process.stdout.write(`kubelet of node ${values.node} is ready\n`);
process.once('SIGTERM', () => void shutDown());
process.once('SIGINT', () => void shutDown());

async function shutDown(): Promise<void> {
  control?.close();
  await kubelet.stop();
  process.exit(0);
}

function serveControl(running: Kubelet, port: number): Server {
  const server = createServer((request, response) => {
    const found = request.url === '/pods';
    response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' });
    response.end(found ? JSON.stringify(running.pods()) : '{}');
  });
  return server.listen(port, '127.0.0.1');
}

function addressesOf(value: string): KubeletOptions['addresses'] {
  if (value === 'pod-range' || value === 'loopback' || value === 'none') return value;
  throw new Error(`--addresses is "${value}"; allowed are pod-range, loopback and none`);
}

function durationOf(flag: string, value: string): number {
  const ms = parseDurationMs(value);
  if (ms === undefined) throw new Error(`--${flag} is "${value}"; wanted is a duration such as 500ms or 2s`);
  return ms;
}
