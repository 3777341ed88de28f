/** Secrets of redacted reports: another one for each report, and the same whenever a test is run. */
import { createHash } from 'node:crypto';
import type { SecretBytes } from '../../src/core/redact/synthetic.js';

/** Bytes that depend on a seed and the label. */
export function secretOf(seed: string): SecretBytes {
  return (label, count) => {
    const parts = Array.from({ length: Math.ceil(count / 32) }, (_, i) =>
      createHash('sha256').update(`${seed}${i}${label}`).digest(),
    );
    return Buffer.concat(parts).subarray(0, count);
  };
}

let reports = 0;

/** Stands for that of `src/files/secret.ts`. */
export function createSecretBytes(): SecretBytes {
  return secretOf(`report ${reports++}`);
}
