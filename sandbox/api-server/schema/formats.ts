/** The formats of texts that a server checks. */

const day = String.raw`\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])`;
const time = String.raw`[Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?([Zz]|[+-]\d{2}:?\d{2})`;

const forms: Readonly<Record<string, RegExp>> = {
  'date-time': new RegExp(`^${day}${time}$`),
  date: new RegExp(`^${day}$`),
  duration:
    /^(\d+(\.\d+)?\s*(ns|us|µs|ms|s|m|h|d|w|nanoseconds?|micros?|millis?|seconds?|minutes?|hours?|days?|weeks?)\s*)+$/,
  uuid: /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i,
  ipv4: /^((25[0-5]|2[0-4]\d|1?\d?\d)(\.|$)){4}$/,
  email: /^[^@\s]+@[^@\s]+$/,
  byte: /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
};

/** True also for formats that are not known: they mean nothing. */
export function isOfFormat(format: string, text: string): boolean {
  if (format === 'uri') return URL.canParse(text) || text.startsWith('/');
  return forms[format]?.test(text) ?? true;
}
