/** A short text that is equal for equal contents. */
import { createHash } from 'node:crypto';

/** SHA-256 in hex, of bytes as they are and of anything else as JSON. */
export function fingerprint(content: unknown): string {
  const bytes = content instanceof Uint8Array ? content : JSON.stringify(content);
  return createHash('sha256').update(bytes).digest('hex');
}
