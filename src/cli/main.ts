#!/usr/bin/env node
/** The program. */
import { setFlagsFromString } from 'node:v8';
import { runCli } from './cli.js';

// Other users of the machine see what a process is called, with all its arguments. There may be a password in --db.
if (process.argv.some((argument) => /postgres(?:ql)?:/i.test(argument))) process.title = 'immload';

// Left to itself, V8 lets a heap of 100 MB grow to 400 MB before it cleans up. At 60 it stays
// small; at 20 it would save another tenth of the memory and cost a tenth of the time.
setFlagsFromString('--heap-growing-percent=60');

// What was done stays done when nobody can be told: `| head` closes the pipe, a full disk refuses the redirected output.
let isToldOfOutput = false;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE' || isToldOfOutput) return;
  isToldOfOutput = true;
  process.stderr.write(`immload: the output cannot be written (${error.code}); what was to be done is done\n`);
});
process.stderr.on('error', () => {});

process.exitCode = await runCli(process.argv.slice(2));
