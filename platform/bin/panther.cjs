#!/usr/bin/env node
// The program of the installed package: starts Panther under the Node it is pinned to, whatever Node runs this file.
'use strict';
const { spawn } = require('node:child_process');
const { dirname, join } = require('node:path');

const program = join(__dirname, '..', 'main.js');
// isolated-vm asks for it.
const FLAG = '--no-node-snapshot';
const args = [FLAG, program, ...process.argv.slice(2)];

function pinnedNode() {
  const system = process.platform === 'win32' ? 'win' : process.platform;
  const file = process.platform === 'win32' ? 'node.exe' : 'node';
  for (const prefix of ['node', 'node-bin']) {
    try {
      const manifest = require.resolve(`${prefix}-${system}-${process.arch}/package.json`);
      return join(dirname(manifest), 'bin', file);
    } catch {
      // The other name is tried, then the Node at hand.
    }
  }
  if (/^v24\./.test(process.version)) return process.execPath;
  console.error(
    `error: there is no Node 24 for ${process.platform} ${process.arch}; install it and run panther with it`,
  );
  process.exit(1);
}

const node = pinnedNode();
if (node === process.execPath && process.execArgv.includes(FLAG)) {
  process.argv.splice(1, 1, program);
  import(program);
} else if (typeof process.execve === 'function' && process.platform !== 'win32') {
  process.execve(node, [node, ...args], process.env);
} else {
  const child = spawn(node, args, { stdio: 'inherit' });
  // A terminal sends its signals to both; only what was sent to this process alone must be handed on.
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  process.on('SIGINT', () => {
    if (!process.stdin.isTTY) child.kill('SIGINT');
  });
  child.on('exit', (status, signal) => {
    if (signal === null) process.exit(status);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
