/** Reads the API server's audit log: who asked for what, with which answer. */
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';

const auditEventSchema = z.looseObject({
  auditID: z.string(),
  verb: z.string(),
  requestURI: z.string(),
  userAgent: z.string().optional(),
  user: z.looseObject({ username: z.string().optional() }),
  impersonatedUser: z.looseObject({ username: z.string().optional() }).optional(),
  objectRef: z
    .looseObject({
      resource: z.string().optional(),
      subresource: z.string().optional(),
      namespace: z.string().optional(),
      name: z.string().optional(),
    })
    .optional(),
  responseStatus: z.looseObject({ code: z.number().optional() }).optional(),
  requestObject: z.unknown().optional(),
  requestReceivedTimestamp: z.string(),
});
export type AuditEvent = z.infer<typeof auditEventSchema>;

/** The events written so far, oldest first; none without a log. */
export function readAuditLog(path: string): AuditEvent[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  // The last piece is empty or a line still being written.
  return lines.slice(0, -1).map((line) => auditEventSchema.parse(JSON.parse(line)));
}
