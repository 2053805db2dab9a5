#!/usr/bin/env node
import { kubectlProgram } from '../program/kubectl-program.ts';
import { runProgram } from '../program/run-program.ts';

process.exitCode = await runProgram(kubectlProgram, process.argv.slice(2));
