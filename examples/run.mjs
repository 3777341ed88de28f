// Runs an example: `node examples/run.mjs 01-quick-start`. Its output goes to the folder `output` beside its input.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const examples = fileURLToPath(new URL('.', import.meta.url));
const program = fileURLToPath(new URL('../dist/src/cli/main.js', import.meta.url));
const names = readdirSync(examples).filter((name) => existsSync(join(examples, name, 'command.txt')));

const name = process.argv[2];
if (!names.includes(name)) {
  console.error(`Give the name of an example: ${names.join(', ')}`);
  process.exit(2);
}
if (!existsSync(program)) {
  console.error('immload is not built yet: run `npm ci` or `npm run build`');
  process.exit(2);
}

const folder = join(examples, name);
const command = readFileSync(join(folder, 'command.txt'), 'utf8').trim();
rmSync(join(folder, 'output'), { recursive: true, force: true });
mkdirSync(join(folder, 'output'));
console.log(`In examples/${name}:\n$ ${command}\n`);
const [, ...args] = command.split(/\s+/);
const { status } = spawnSync(process.execPath, [program, ...args], { cwd: folder, stdio: 'inherit' });
// These files have faults on purpose: 3 says that some records were rejected, and is what should happen.
if (status === 3) console.log(`\nExit code 3: loaded, with rejects. Look at examples/${name}/output.`);
process.exitCode = status === 3 ? 0 : (status ?? 1);
