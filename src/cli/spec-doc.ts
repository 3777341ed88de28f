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

/** Writes the document of a spec to stdout, or to a file. @throws OutputError when the file cannot be written */
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
    writeFileSync(output, text);
  } catch (error) {
    throw new OutputError(output, 'give a file that can be written with --output', { cause: error });
  }
  print(`Wrote ${showSafely(output)}.`);
}
