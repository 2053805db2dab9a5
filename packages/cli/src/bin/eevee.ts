#!/usr/bin/env node
import { eeveeProgram } from '../program/eevee-program.ts';
import { runProgram } from '../program/run-program.ts';

process.exitCode = await runProgram(eeveeProgram, process.argv.slice(2));
