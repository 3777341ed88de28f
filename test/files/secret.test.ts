/** Random bytes that depend on a label, and on a secret that nobody knows. */
import { expect, test } from 'vitest';
import { createSecretBytes } from '../../src/files/secret.js';

test('bytes are the same for the same label, others for another one, and others of another secret', () => {
  const [secret, other] = [createSecretBytes(), createSecretBytes()];
  expect(secret('Smith', 40)).toEqual(secret('Smith', 40));
  expect(secret('Smith', 40)).not.toEqual(secret('Jones', 40));
  expect(secret('Smith', 40)).not.toEqual(other('Smith', 40));
});

test.each([0, 1, 32, 33, 100])('there are as many as are asked for: %d', (count) => {
  const bytes = createSecretBytes()('Smith', count);
  expect(bytes).toHaveLength(count);
  // Behind the first hash, they go on with others.
  if (count > 64) expect(bytes.slice(0, 32)).not.toEqual(bytes.slice(32, 64));
});
