// One case of the WebSocket suite as npm's `ws` does it: ws_client.js HOST PORT CASE.
'use strict';
const assert = require('assert');
const crypto = require('crypto');
const { once } = require('events');
const { WebSocket } = require('ws');

const LARGE = 16 * 1024 * 1024;
const [host, port, name] = process.argv.slice(2);

async function dial(path = '/', options = {}) {
  const { protocols = [], ...rest } = options;
  const socket = new WebSocket(`ws://${host}:${port}${path}`, protocols, { perMessageDeflate: false, maxPayload: 4 * LARGE, ...rest });
  // Messages may come with the handshake's answer.
  socket.inbox = [];
  socket.on('message', (bytes, binary) => {
    socket.inbox.push(binary ? bytes : bytes.toString());
    socket.emit('stored');
  });
  socket.ended = new Promise((done) => socket.once('close', (...how) => done(how)));
  await once(socket, 'open');
  return socket;
}

async function receive(socket) {
  if (socket.inbox.length === 0) await once(socket, 'stored');
  return socket.inbox.shift();
}

async function echo(socket, message) {
  socket.send(message);
  const answer = await receive(socket);
  assert(typeof message === 'string' ? answer === message : message.equals(answer), `got ${String(answer).slice(0, 200)}`);
}

async function closed(socket) {
  const [code, reason] = await socket.ended;
  return [code, reason.toString()];
}

const cases = {
  async echoes() {
    const socket = await dial();
    assert.strictEqual(socket.extensions, '');
    const texts = ['', 'a', 'grüße ☺', 'x'.repeat(125), 'x'.repeat(126)];
    const bytes = [0, 2, 65535, 65536].map((size) => Buffer.alloc(size, 0xff));
    for (const message of [...texts, ...bytes]) await echo(socket, message);
    socket.close();
  },
  async fragments() {
    const socket = await dial();
    const parts = [...Array(50).keys()].map((i) => `part ${i};`);
    parts.forEach((part, i) => socket.send(part, { fin: i === parts.length - 1 }));
    assert.strictEqual(await receive(socket), parts.join(''));
    socket.send('!pieces 40');
    assert.strictEqual(await receive(socket), [...Array(40).keys()].map((i) => `piece ${i};`).join(''));
    socket.close();
  },
  async large() {
    const socket = await dial();
    await echo(socket, crypto.randomBytes(LARGE));
    socket.close();
  },
  async pings() {
    const socket = await dial();
    const payload = '0123456789'.repeat(12);
    const ponged = once(socket, 'pong');
    socket.ping(payload);
    assert.strictEqual((await ponged)[0].toString(), payload);
    socket.send('!ping');
    assert.strictEqual(await receive(socket), 'ponged');
    socket.close();
  },
  async close_codes() {
    for (const [code, reason] of [[1000, 'done'], [1001, 'away'], [3000, 'r'], [4999, 'z'.repeat(123)]]) {
      const theirs = await dial();
      theirs.send(`!close ${code} ${reason}`);
      assert.deepStrictEqual(await closed(theirs), [code, reason]);
      const ours = await dial();
      ours.close(code, reason);
      assert.deepStrictEqual(await closed(ours), [code, reason]);
    }
  },
  async abort() {
    const socket = await dial();
    socket.on('error', () => {});
    socket.send('!abort');
    assert.deepStrictEqual(await closed(socket), [1006, '']);
  },
  async deflate() {
    const socket = await dial('/', { perMessageDeflate: true });
    assert.match(socket.extensions, /^permessage-deflate/);
    await echo(socket, 'compress me '.repeat(100000));
    await echo(socket, crypto.randomBytes(1024 * 1024));
    await echo(socket, 'again');
    socket.close();
  },
  async handshake() {
    const socket = await dial('/a/b?c=d%20e', { protocols: ['chat.v2', 'chat.v1'] });
    assert.strictEqual(socket.protocol, 'chat.v1');
    socket.send('!path');
    assert.strictEqual(await receive(socket), '/a/b?c=d%20e');
    socket.close();
    const greeted = await dial('/greet');
    assert.strictEqual(await receive(greeted), 'welcome');
    greeted.close();
  },
  async refused() {
    await assert.rejects(dial('/refuse'), /Unexpected server response: 403/);
  },
  async concurrent() {
    await Promise.all([...Array(50).keys()].map(async (number) => {
      const socket = await dial();
      for (let i = 0; i < 20; ++i) await echo(socket, `${number}/${i} `.repeat(200));
      socket.close();
    }));
  },
};

cases[name]().catch((error) => {
  console.error(error);
  process.exit(1);
});
