/** The texts that stand for times and bytes, and how Go refuses others. */

const time = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** undefined when it is a time. `goType` is `v1.Time`, or `v1.MicroTime`, which wants exactly six digits after the seconds. */
export function refusedTime(text: string, goType: string): string | undefined {
  const isMicro = goType.endsWith('MicroTime');
  const [, rest] = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(.*)$/.exec(text) ?? [];
  const isFine = time.test(text) && !Number.isNaN(Date.parse(text));
  if (isFine && (!isMicro || /^\.\d{6}(Z|[+-])/.test(rest ?? ''))) return undefined;
  const layout = isMicro ? '2006-01-02T15:04:05.000000Z07:00' : '2006-01-02T15:04:05Z07:00';
  const [left, wanted] = rest === undefined || !isFine ? [text, '2006'] : [rest, '.000000'];
  return `parsing time ${quoted(text)} as ${quoted(layout)}: cannot parse ${quoted(left)} as ${quoted(wanted)}`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

/** Padded, standard alphabet; line breaks are let through. */
export function isBase64(text: string): boolean {
  const bare = text.replaceAll(/[\r\n]/g, '');
  return bare.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(bare);
}

export function refusedBase64(text: string): string {
  const bad = text.search(/[^A-Za-z0-9+/=\r\n]/);
  return `illegal base64 data at input byte ${bad === -1 ? Math.floor(text.length / 4) * 4 : bad}`;
}
