/** Random bytes that nobody can make again: their secret is made for one report, and kept nowhere. */
import { createHmac, randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;

/** Gives bytes that look random, the same for the same label. */
export function createSecretBytes(): (label: string, count: number) => Uint8Array {
  const secret = randomBytes(SECRET_BYTES);
  return (label, count) => {
    const bytes = new Uint8Array(count);
    for (let at = 0, part = 0; at < count; part++) {
      const more = createHmac('sha256', secret).update(`${part} ${label}`).digest();
      bytes.set(more.subarray(0, count - at), at);
      at += more.length;
    }
    return bytes;
  };
}
