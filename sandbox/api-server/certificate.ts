/**
 * The server's own TLS certificate, made when it starts: EC P-256, self-signed, for 127.0.0.1 and localhost. Clients trust
 * it through their kubeconfig. Written in DER directly: one fixed shape needs no library.
 */

import { generateKeyPair, type KeyPairKeyObjectResult, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';

export interface ServerTls {
  /** PEM */
  readonly cert: string;
  /** PEM */
  readonly key: string;
}

const dayMs = 86_400_000;

/** A fresh pair, good from yesterday on for ten years: a sandbox whose clock runs fast must not see it expire. */
export async function makeServerTls(now: number = Date.now()): Promise<ServerTls> {
  const pair = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  return selfSigned(pair, now);
}

function selfSigned({ publicKey, privateKey }: KeyPairKeyObjectResult, now: number): ServerTls {
  const name = sequence(set(sequence(oid(2, 5, 4, 3), utf8('tidegate-sandbox'))));
  const body = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ecdsaWithSha256,
    name,
    sequence(time(now - dayMs), time(now + 3650 * dayMs)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', body, { key: privateKey, dsaEncoding: 'der' });
  const certificate = sequence(body, ecdsaWithSha256, bits(signature));
  return { cert: pem('CERTIFICATE', certificate), key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), length(content.length), content]);
}

function length(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.from([bytes]);
  return bytes < 0x100 ? Buffer.from([0x81, bytes]) : Buffer.from([0x82, bytes >> 8, bytes & 0xff]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts);
}

function set(...parts: readonly Buffer[]): Buffer {
  return der(0x31, ...parts);
}

function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  return der(tag, ...parts);
}

function integer(bytes: Buffer): Buffer {
  return der(0x02, bytes);
}

function utf8(text: string): Buffer {
  return der(0x0c, Buffer.from(text));
}

function bits(bytes: Buffer): Buffer {
  return der(0x03, Buffer.from([0]), bytes);
}

/** GeneralizedTime, `20260101000000Z`. */
function time(at: number): Buffer {
  return der(0x18, Buffer.from(new Date(at).toISOString().replace(/[-:T]/g, '').replace(/\.\d+/, '')));
}

function oid(first: number, second: number, ...rest: readonly number[]): Buffer {
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): readonly number[] {
  return value < 0x80 ? [value] : [...base128(value >> 7).map((byte) => byte | 0x80), value & 0x7f];
}

function extension(id: Buffer, critical: boolean, value: Buffer): Buffer {
  return sequence(id, ...(critical ? [der(0x01, Buffer.from([0xff]))] : []), der(0x04, value));
}

const ecdsaWithSha256 = sequence(oid(1, 2, 840, 10045, 4, 3, 2));
const digitalSignatureAndCertSign = der(0x03, Buffer.from([2, 0x84]));
const serverAuth = oid(1, 3, 6, 1, 5, 5, 7, 3, 1);

/** basicConstraints (an authority, so that every client takes it as one), keyUsage, extKeyUsage, subjectAltName. */
const extensions = [
  extension(oid(2, 5, 29, 19), true, sequence(der(0x01, Buffer.from([0xff])))),
  extension(oid(2, 5, 29, 15), true, digitalSignatureAndCertSign),
  extension(oid(2, 5, 29, 37), false, sequence(serverAuth)),
  extension(
    oid(2, 5, 29, 17),
    false,
    sequence(der(0x82, Buffer.from('localhost')), der(0x87, Buffer.from([127, 0, 0, 1]))),
  ),
];

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
