/** Writes the generated documents: `npm run docs`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../../src/files/specs.js';
import { renderDocuments } from './docs.js';

for (const { path, content } of renderDocuments()) writeFileSync(join(packageFolder(), path), content);
