/** Samples in the form that Prometheus takes by remote write: a protobuf message, snappy-framed without compressing. */

import type { GivenSeries } from './samples.ts';

/** The one NaN that means "this series has ended here". */
const staleBits = 0x7ff0000000000002n;

/** The body of POST /api/v1/write. */
export function writeRequest(series: readonly GivenSeries[]): Buffer {
  return uncompressedSnappy(Buffer.concat(series.map((one) => field(1, timeSeries(one)))));
}

function timeSeries({ labels, samples }: GivenSeries): Buffer {
  const names = Object.keys(labels).toSorted();
  return Buffer.concat([
    ...names.map((name) => field(1, Buffer.concat([textField(1, name), textField(2, labels[name] ?? '')]))),
    ...samples.map(({ t, v }) => field(2, sample(t, v))),
  ]);
}

function sample(t: number, v: number | null): Buffer {
  const value = Buffer.alloc(9);
  value[0] = (1 << 3) | 1;
  if (v === null) value.writeBigUInt64LE(staleBits, 1);
  else value.writeDoubleLE(v, 1);
  return Buffer.concat([value, Buffer.from([2 << 3]), varint(t)]);
}

function textField(number: number, text: string): Buffer {
  return field(number, Buffer.from(text, 'utf8'));
}

/** A field of bytes. */
function field(number: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2]), varint(content.length), content]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Buffer.from([...bytes, rest]);
}

const literalBytes = 65_536;

function uncompressedSnappy(content: Buffer): Buffer {
  const parts: Buffer[] = [varint(content.length)];
  for (let at = 0; at < content.length; at += literalBytes) {
    const piece = content.subarray(at, at + literalBytes);
    const head = Buffer.from([61 << 2, 0, 0]);
    head.writeUInt16LE(piece.length - 1, 1);
    parts.push(head, piece);
  }
  return Buffer.concat(parts);
}
