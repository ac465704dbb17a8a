/** What AWS is asked for a Rollout: the weights of a load balancer, and the targets of a Service. Types only. */

/** One backend of the action as it is written on the Ingress. */
export interface WrittenGroup {
  readonly service: string;
  readonly port: string;
  readonly weight: number;
}

/** `weights`: does the load balancer split as the Ingress says? `targets`: are the Service's endpoints in its target groups? */
export type AwsQuestion =
  | {
      readonly kind: 'weights';
      readonly namespace: string;
      readonly ingress: string;
      /** Hosts of the load balancer, out of the Ingress's status. */
      readonly hosts: readonly string[];
      readonly canary: string;
      readonly stable: string;
      readonly groups: readonly WrittenGroup[];
    }
  | {
      readonly kind: 'targets';
      readonly namespace: string;
      readonly service: string;
      /** What no target group at all means: a Service behind an ALB must have one. */
      readonly mustExist: boolean;
    };
