/**
 * Imported before anything of the product: gzip then runs at once instead of on a thread, because the end of work on a
 * thread is the one thing in a run that virtual time does not decide.
 */

import { syncBuiltinESMExports } from 'node:module';
import zlib from 'node:zlib';

type Done = (error: Error | null, result: Buffer) => void;

function atOnce<Options>(work: (data: zlib.InputType, options?: Options) => Buffer) {
  return (data: zlib.InputType, ...rest: [Done] | [Options, Done]): void => {
    const done = rest.length === 2 ? rest[1] : rest[0];
    let result: Buffer;
    try {
      result = rest.length === 2 ? work(data, rest[0]) : work(data);
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)), Buffer.alloc(0));
      return;
    }
    done(null, result);
  };
}

Object.assign(zlib, {
  gzip: atOnce<zlib.ZlibOptions>((data, options) => zlib.gzipSync(data, options)),
  gunzip: atOnce<zlib.ZlibOptions>((data, options) => zlib.gunzipSync(data, options)),
});
syncBuiltinESMExports();
