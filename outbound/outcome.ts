/** What a call to a tenant-named address is asked to do, and the few ways in which it can end. */

export type Credentials =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string }
  | SignatureCredentials;

/** Signs each request with AWS Signature Version 4. */
export interface SignatureCredentials {
  readonly kind: 'sigv4';
  readonly keys: AwsKeys;
  readonly region: string;
  /** Signing name of the service, such as `aps`. */
  readonly service: string;
  /** Time of the signature, epoch milliseconds: AWS takes it for some minutes. */
  readonly atMs: number;
}

export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary keys. */
  readonly sessionToken?: string;
}

export interface OutboundRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly credentials?: Credentials;
  /** Total time from the first DNS question to the last byte, redirects included. */
  readonly timeoutMs: number;
  /** Accept any TLS certificate. */
  readonly insecure?: boolean;
  /** Largest accepted body after decompression; 16 MiB unless told. */
  readonly maxBytes?: number;
  readonly signal: AbortSignal;
}

/**
 * `response` is any complete HTTP answer, whatever its status. `refused` will not change until somebody changes the
 * address or the policy; `unreachable` and `timeout` may pass by themselves. Sentences name host and port only: never
 * the query, user info or a header, since those may carry secrets.
 */
export type OutboundOutcome =
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'unreachable' | 'timeout' | 'too-large'; readonly why: string }
  | { readonly kind: 'cancelled'; readonly why: string };

/** The one way to send a request to an address that a user named. Never throws, never retries. */
export interface Outbound {
  send(request: OutboundRequest): Promise<OutboundOutcome>;
}
