/** Stores that fail, in place of those that loads open: for `vi.mock('…/src/open-store.js', failingLoads)`. */
import { afterEach } from 'vitest';
import type { Store } from '../../src/db/store.js';

type OpenStore = typeof import('../../src/open-store.js');

/** What wraps the store of a load; nothing unless a test says so, and nothing after it. */
export const failing: { store: { wrap(store: Store): Store } | null } = { store: null };

afterEach(() => {
  failing.store = null;
});

/** The module as it is, but for the stores of loads. */
export async function failingLoads(importOriginal: <T>() => Promise<T>): Promise<object> {
  const original = await importOriginal<OpenStore>();
  return {
    ...original,
    openForLoading: async (database: string): Promise<Store> => {
      const store = await original.openForLoading(database);
      return failing.store?.wrap(store) ?? store;
    },
  };
}
