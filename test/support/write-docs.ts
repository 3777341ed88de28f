/** Writes the generated documents: `npm run docs`. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageFolder } from '../../src/files/specs.js';
import { PAGES_FOLDER } from './code-pages.js';
import { renderDocuments } from './docs.js';

// A code that is gone leaves no page behind.
rmSync(join(packageFolder(), PAGES_FOLDER), { recursive: true, force: true });
for (const { path, content } of renderDocuments()) {
  mkdirSync(dirname(join(packageFolder(), path)), { recursive: true });
  writeFileSync(join(packageFolder(), path), content);
}
