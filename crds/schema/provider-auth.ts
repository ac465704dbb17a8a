/** How a metrics backend is authenticated against. Values may hold {{args.name}} that comes from a Secret. */

import { z } from 'zod';
import { flag, list, object, text } from './fields.ts';

export const ProviderAuthentication = object(
  'Authentication; set at most one.',
  {},
  {
    basicAuth: object(
      'HTTP basic authentication.',
      {},
      { username: text('User name.'), password: text('Password; take it from a Secret by an argument.') },
    ),
    oauth2: object(
      'OAuth 2 client credentials.',
      {},
      {
        tokenUrl: text('Where the token is fetched.'),
        clientId: text('Client id.'),
        clientSecret: text('Client secret; take it from a Secret by an argument.'),
        scopes: list(z.string(), 'Scopes to ask for.', { atomic: true }),
      },
    ),
    sigv4: object(
      'AWS request signing.',
      {},
      { region: text('AWS region.'), profile: text('AWS profile.'), roleArn: text('Role to assume.') },
    ),
  },
);
export type ProviderAuthentication = z.infer<typeof ProviderAuthentication>;

export const HttpHeader = object('One HTTP header.', { key: text('Name.'), value: text('Value.') }, {});
export type HttpHeader = z.infer<typeof HttpHeader>;

export const insecureFlag = () => flag('True skips the check of the TLS certificate. Default false.');
