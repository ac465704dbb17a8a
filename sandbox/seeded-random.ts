/**
 * Numbers that look random and are the same again for the same seed.
 */

/** 0 to 1, like Math.random. Streams of other names are other numbers. */
export function seededRandom(seed: number, stream: string): () => number {
  let state = seed >>> 0;
  for (let at = 0; at < stream.length; at += 1) state = mix(state ^ stream.charCodeAt(at));
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    return mix(state) / 2 ** 32;
  };
}

/** Every bit of the input reaches every bit of the output. */
function mix(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}
