/** `immload spec doc` */
import { writeFileSync } from 'node:fs';
import { describeSpec } from '../docs/flat-file-specification.js';
import { renderHtml } from '../docs/html.js';
import { renderMarkdown } from '../docs/markdown.js';
import { loadCodes } from '../files/code-tables.js';
import { loadSpec } from '../files/specs.js';
import { type CodesArguments, findCodesFolder } from './codes.js';
import { OutputError } from './exit.js';
import { print } from './print.js';
import { showSafely } from './table.js';

export interface DocumentArguments extends Pick<CodesArguments, 'codes'> {
  readonly html: boolean;
  readonly output?: string | undefined;
}

/**
 * Writes the document of a spec to stdout, or to a new file.
 * @throws OutputError when the file is there already, or cannot be written
 */
export function documentSpec(idOrPath: string, args: DocumentArguments): void {
  const { html, output } = args;
  const document = describeSpec(loadSpec(idOrPath), loadCodes(findCodesFolder(args)));
  const asHtml = html || (output !== undefined && /\.html?$/i.test(output));
  const text = asHtml ? renderHtml(document) : renderMarkdown(document);
  if (output === undefined) {
    process.stdout.write(text);
    return;
  }
  try {
    // Another file in its place may be the spec itself.
    writeFileSync(output, text, { flag: 'wx' });
  } catch (error) {
    if ((error as { code?: unknown }).code === 'EEXIST') {
      throw new OutputError(output, 'it is there already; give a new file with --output, or take that one away', {
        cause: error,
      });
    }
    throw new OutputError(output, 'give a file that can be written with --output', { cause: error });
  }
  print(`Wrote ${showSafely(output)}.`);
}
