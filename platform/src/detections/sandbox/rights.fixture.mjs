// What code could do that got out of its interpreter. Speaks as `child.ts` does.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

function attempt(action) {
  try {
    action();
    return 'done';
  } catch (error) {
    return error.code ?? String(error);
  }
}

function receive() {
  const start = Buffer.alloc(4);
  readSync(3, start);
  const length = start.readUInt32LE();
  if (length > 0) readSync(3, Buffer.alloc(length));
}

function send(text) {
  const body = Buffer.from(text);
  const start = Buffer.alloc(4);
  start.writeUInt32LE(body.length);
  writeSync(4, Buffer.concat([start, body]));
}

receive();
send('A0\n');
receive();
const found = {
  environment: JSON.stringify(process.env),
  reads: attempt(() => readFileSync('/etc/passwd')),
  lists: attempt(() => readdirSync('/')),
  writes: attempt(() => writeFileSync('/tmp/panther-was-here', '')),
  starts: attempt(() => spawnSync('true')),
  threads: attempt(() => new Worker('', { eval: true })),
  addons: attempt(() => process.dlopen({ exports: {} }, '/lib/x.node')),
};
send(`A0\n${JSON.stringify(found)}`);
