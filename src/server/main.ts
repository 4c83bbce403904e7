#!/usr/bin/env node
import module from 'node:module';
import { inspect } from 'node:util';
import { CommanderError } from 'commander';
import { SetupError } from '../config.ts';
import { program } from './program.ts';

// Most of a start is compiling GraphQL libraries. From Node 22 on, the second start finds that already done.
(module as { enableCompileCache?: () => void }).enableCompileCache?.();

const given = process.argv.slice(2);
const args = given.length === 0 ? ['start'] : given;

// Whoever read has seen enough: `rookery token list | head -1`. A hub serves on, whoever reads its welcome.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (args[0] !== 'start') process.exit(error.code === 'EPIPE' ? 0 : 1);
});

try {
  await program(process.env).parseAsync(args, { from: 'user' });
} catch (error) {
  // What was wrong with the arguments has been told already.
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
  process.stderr.write(`rookery: ${error instanceof SetupError ? error.message : inspect(error)}\n`);
  process.exit(1);
}
