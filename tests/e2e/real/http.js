// Node's own HTTP server, and a client with the questions it should be able to answer through any proxy.
// serve PORT | ask HOST PORT
'use strict';
const http = require('http');
const crypto = require('crypto');
const assert = require('assert');

const sum = (bytes) => crypto.createHash('sha256').update(bytes).digest('hex');

function serve(port) {
  const server = http.createServer((request, response) => {
    const size = /^\/bytes\/(\d+)$/.exec(request.url);
    if (size) {
      response.end(Buffer.alloc(Number(size[1]), 'x'));
      return;
    }
    if (request.url === '/names') {
      response.setHeader('X-MiXed-Case', 'kept');
      response.setHeader('Set-Cookie', ['a=1', 'b=2']);
      response.end(JSON.stringify(request.rawHeaders));
      return;
    }
    const pieces = [];
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', () => {
      response.writeHead(200, {Trailer: 'X-Sum'});
      for (const piece of pieces) response.write(piece);
      response.addTrailers({'X-Sum': sum(Buffer.concat(pieces))});
      response.end();
    });
  });
  server.listen(Number(port), '127.0.0.1');
}

const agent = new http.Agent({keepAlive: true, maxSockets: 8});

function ask(host, port, options, sent) {
  return new Promise((resolve, reject) => {
    const request = http.request({host, port, agent, timeout: 20000, ...options}, (response) => {
      const pieces = [];
      response.on('data', (piece) => pieces.push(piece));
      response.on('aborted', () => reject(new Error('the answer was cut')));
      response.on('end', () => resolve({response, body: Buffer.concat(pieces)}));
    });
    request.on('timeout', () => request.destroy(new Error('no answer in time')));
    request.on('error', reject);
    request.end(sent);
  });
}

async function questions(host, port) {
  for (const size of [0, 1, 65536, 5 << 20]) {
    const {body} = await ask(host, port, {path: `/bytes/${size}`});
    assert.strictEqual(body.length, size);
  }
  await Promise.all(Array.from({length: 400}, async () => {
    const {response, body} = await ask(host, port, {path: '/bytes/100'});
    assert.strictEqual(response.statusCode, 200);
    assert.strictEqual(body.length, 100);
  }));
  const sent = crypto.randomBytes(4 << 20);
  for (const headers of [{'Content-Length': sent.length}, {'Transfer-Encoding': 'chunked'}]) {
    const {response, body} = await ask(host, port, {path: '/echo', method: 'POST', headers}, sent);
    assert.ok(body.equals(sent));
    assert.strictEqual(response.trailers['x-sum'], sum(sent));
  }
  const {response, body} = await ask(host, port, {path: '/names', headers: {'X-OnE': '1', 'x-two': ['a', 'b']}});
  const names = JSON.parse(body);
  for (const name of ['X-OnE', 'x-two']) assert.ok(names.includes(name), `${name} of ${names}`);
  assert.ok(response.rawHeaders.includes('X-MiXed-Case'), `${response.rawHeaders}`);
  assert.deepStrictEqual(response.headers['set-cookie'], ['a=1', 'b=2']);
  agent.destroy();
}

const [verb, ...words] = process.argv.slice(2);
if (verb === 'serve') {
  serve(words[0]);
} else {
  questions(words[0], Number(words[1])).catch((error) => {
    console.error(error);
    process.exit(1);
  });
}
