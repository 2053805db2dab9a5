// Loaded by vitest before each file of tests that start servers: shows the output of the servers of a failed test.
import { afterEach, beforeEach } from 'vitest';
import { keepFolders } from './processes/folder.ts';
import { takeRecentLogs } from './processes/recent-logs.ts';
import { runningServers } from './processes/server-process.ts';

beforeEach(() => void takeRecentLogs());

afterEach(({ task }) => {
  if (task.result?.state !== 'fail') return;
  keepFolders();
  const running = [...runningServers].map((server) => ({ name: server.name, logFile: server.logFile, tail: server.logTail() }));
  for (const { name, logFile, tail } of [...takeRecentLogs(), ...running]) process.stderr.write(`--- ${name} (${logFile})\n${tail}\n`);
});
