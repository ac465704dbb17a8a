/** Which router moves the traffic of a canary, and which of its objects Tidegate may write. */

import { z } from 'zod';
import { anyObject, flag, int32, int64, list, object, objectName, ruled, text, textMap } from './fields.ts';

const routes = (description: string) => list(z.string(), description, { maxItems: 64, atomic: true });

/** Routes of one kind; `more` says what steps can do with them besides weights. */
function gatewayRoutes(kind: string, more: string) {
  const route = object(
    `A ${kind} of this namespace.`,
    { name: objectName(`Name of the ${kind}.`) },
    {
      rule: text('Name of the one rule to manage. Default: every rule that refers to both Services.', {
        maxLength: 253,
      }),
    },
  );
  return list(route, `${kind}s whose rules refer to both Services${more}.`, {
    minItems: 1,
    maxItems: 16,
    atomic: true,
  });
}

const gatewayLists = ['httpRoutes', 'grpcRoutes', 'tcpRoutes', 'tlsRoutes'] as const;

/** At least one route; each must refer to canaryService and stableService. */
export const GatewayApiRouting = ruled(
  object(
    'Gateway API: weights of the rules of routes.',
    {},
    {
      httpRoutes: gatewayRoutes('HTTPRoute', '; header and mirror steps make rules of their own in them'),
      grpcRoutes: gatewayRoutes('GRPCRoute', '; header and mirror steps make rules of their own in them'),
      tcpRoutes: gatewayRoutes('TCPRoute', ''),
      tlsRoutes: gatewayRoutes('TLSRoute', ''),
    },
  ),
  {
    rule: gatewayLists.map((name) => `has(self.${name})`).join(' || '),
    message: `gatewayAPI needs a route: set at least one of ${gatewayLists.join(', ')}`,
    only: 'tidegate.io',
  },
);
export type GatewayApiRouting = z.infer<typeof GatewayApiRouting>;

/** Name under which Argo Rollouts' Gateway API plugin is configured. */
export const gatewayPluginName = 'argoproj-labs/gatewayAPI';

/** The plugin's own configuration, as far as it is understood here; read from the free-form plugins map. */
const PluginRoutes = z
  .array(z.looseObject({ name: z.string(), ruleName: z.string().optional(), useHeaderRoutes: z.boolean().optional() }))
  .optional();
const pluginText = z.string().optional();
export const GatewayPluginConfig = z.object({
  httpRoute: pluginText,
  httpRouteRuleName: pluginText,
  httpRoutes: PluginRoutes,
  grpcRoute: pluginText,
  grpcRouteRuleName: pluginText,
  grpcRoutes: PluginRoutes,
  tcpRoute: pluginText,
  tcpRouteRuleName: pluginText,
  tcpRoutes: PluginRoutes,
  tlsRoute: pluginText,
  tlsRouteRuleName: pluginText,
  tlsRoutes: PluginRoutes,
  namespace: pluginText,
  /** Where the plugin keeps its notes; none are needed here. */
  configMap: pluginText,
});
export type GatewayPluginConfig = z.infer<typeof GatewayPluginConfig>;

const IstioTlsRoute = object(
  'A TLS route of the VirtualService.',
  {},
  { port: int64('Port to match.'), sniHosts: routes('SNI hosts to match.') },
);
const IstioTcpRoute = object('A TCP route of the VirtualService.', {}, { port: int64('Port to match.') });
const IstioVirtualService = object(
  'A VirtualService.',
  { name: objectName('Name, or name.namespace.') },
  {
    routes: routes('Names of the HTTP routes to manage.'),
    tlsRoutes: list(IstioTlsRoute, 'TLS routes to manage.', { maxItems: 64, atomic: true }),
    tcpRoutes: list(IstioTcpRoute, 'TCP routes to manage.', { maxItems: 64, atomic: true }),
  },
);
const Istio = object(
  'Istio.',
  {},
  {
    virtualService: IstioVirtualService,
    virtualServices: list(IstioVirtualService, 'Several VirtualServices instead of one.', {
      maxItems: 32,
      atomic: true,
    }),
    destinationRule: object(
      'Split by subset instead of by host.',
      {
        name: objectName('Name of the DestinationRule.'),
        canarySubsetName: text('Subset of the canary.', { maxLength: 253 }),
        stableSubsetName: text('Subset of the stable revision.', { maxLength: 253 }),
      },
      { additionalSubsetNames: routes('Further subsets.') },
    ),
  },
);

const Nginx = object(
  'NGINX Ingress controller.',
  {},
  {
    stableIngress: objectName('Ingress of the stable revision.'),
    stableIngresses: routes('Several Ingresses instead of one.'),
    annotationPrefix: text('Prefix of the annotations. Default nginx.ingress.kubernetes.io.', { maxLength: 253 }),
    additionalIngressAnnotations: textMap('Annotations put on the canary Ingress, by name without prefix.'),
    canaryIngressAnnotations: textMap('Annotations put on the canary Ingress as they are.'),
  },
);

const AlbIngressPorts = object(
  'Ports of the Services behind one Ingress.',
  { ingress: objectName('Name of the Ingress.') },
  {
    servicePorts: list(int32('A port.', { minimum: 0, maximum: 65535 }), 'Ports of the Services.', {
      maxItems: 64,
      atomic: true,
    }),
  },
);

const Alb = object(
  'AWS Load Balancer controller.',
  {},
  {
    ingress: objectName('Ingress to manage.'),
    ingresses: routes('Several Ingresses instead of one.'),
    servicePort: int32('Port of the Services.', { minimum: 0, maximum: 65535 }),
    servicePorts: list(AlbIngressPorts, 'Ingresses whose Services have other or several ports.', {
      maxItems: 64,
      atomic: true,
    }),
    rootService: objectName('Service named in the Ingress. Default: stableService.'),
    annotationPrefix: text('Prefix of the annotations. Default alb.ingress.kubernetes.io.', { maxLength: 253 }),
    stickinessConfig: object(
      'Sticky target groups.',
      {},
      {
        enabled: flag('True turns stickiness on.'),
        durationSeconds: int64('Seconds that a client stays with its group.'),
      },
    ),
  },
);

const AppMesh = object(
  'AWS App Mesh.',
  {},
  {
    virtualService: object(
      'VirtualService to manage.',
      { name: objectName('Its name.') },
      { routes: routes('Names of the routes.') },
    ),
    virtualNodeGroup: object(
      'VirtualNodes of the two sides.',
      {},
      {
        canaryVirtualNodeRef: object('VirtualNode of the canary.', { name: objectName('Its name.') }, {}),
        stableVirtualNodeRef: object('VirtualNode of the stable revision.', { name: objectName('Its name.') }, {}),
      },
    ),
  },
);

const ContourProxy = object('An HTTPProxy of this namespace.', { name: objectName('Name of the HTTPProxy.') }, {});

/** At least one HTTPProxy with a route to both Services. */
export const ContourRouting = object(
  'Contour: weights of HTTPProxy routes that name both Services.',
  {
    httpProxies: list(ContourProxy, 'HTTPProxies with routes to both Services.', {
      minItems: 1,
      maxItems: 16,
      atomic: true,
    }),
  },
  {},
);
export type ContourRouting = z.infer<typeof ContourRouting>;

const KumaRoute = object('A route of this namespace.', { name: objectName('Its name.') }, {});

/** At least one route with a rule that names both Services. */
export const KumaRouting = object(
  'Kuma: weights of MeshHTTPRoute and MeshTCPRoute rules that name both Services.',
  {},
  {
    httpRoutes: list(KumaRoute, 'MeshHTTPRoutes with rules that name both Services.', { maxItems: 16, atomic: true }),
    tcpRoutes: list(KumaRoute, 'MeshTCPRoutes with rules that name both Services.', { maxItems: 16, atomic: true }),
  },
);
export type KumaRouting = z.infer<typeof KumaRouting>;

/** Names of the routers besides `plugins`. */
export const routerNames = [
  'gatewayAPI',
  'istio',
  'nginx',
  'alb',
  'smi',
  'ambassador',
  'appMesh',
  'traefik',
  'apisix',
  'contour',
  'kuma',
] as const;

export const TrafficRouting = object(
  'Router that splits requests by weight.',
  {},
  {
    gatewayAPI: GatewayApiRouting,
    contour: ContourRouting,
    kuma: KumaRouting,
    plugins: anyObject(`Routers: configuration by plugin name; ${gatewayPluginName} is understood.`),
    managedRoutes: list(
      object('A route made by steps.', { name: text('Name of the route.', { maxLength: 253 }) }, {}),
      'Names of the routes that header and mirror steps may make, first wins.',
      { maxItems: 64, atomic: true },
    ),
    maxTrafficWeight: int32('Weight that means all traffic. Default 100.', { minimum: 1 }),
    istio: Istio,
    nginx: Nginx,
    alb: Alb,
    smi: object(
      'Service Mesh Interface.',
      {},
      {
        rootService: objectName('Service that clients use.'),
        trafficSplitName: objectName('Name of the TrafficSplit. Default: name of the Rollout.'),
      },
    ),
    ambassador: object('Ambassador.', {}, { mappings: routes('Names of the Mappings.') }),
    appMesh: AppMesh,
    traefik: object('Traefik.', { weightedTraefikServiceName: objectName('Name of the weighted TraefikService.') }, {}),
    apisix: object(
      'Apache APISIX.',
      {},
      {
        route: object(
          'ApisixRoute to manage.',
          { name: objectName('Its name.') },
          { rules: routes('Names of its rules.') },
        ),
      },
    ),
  },
);
export type TrafficRouting = z.infer<typeof TrafficRouting>;
