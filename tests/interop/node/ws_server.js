// The WebSocket server of the suite on npm's `ws`. Echoes; texts that begin with "!" are orders (see README.md).
'use strict';
const http = require('http');
const { WebSocketServer } = require('ws');

const LARGEST = 64 * 1024 * 1024;

const orders = {
  '!close': (socket, code, reason) => socket.close(Number(code), reason),
  '!abort': (socket) => socket.terminate(),
  '!ping': (socket) => {
    socket.once('pong', () => socket.send('ponged'));
    socket.ping('from the server');
  },
  '!path': (socket) => socket.send(socket.path),
  '!pieces': (socket, count) => {
    for (let i = 0; i < Number(count); ++i) socket.send(`piece ${i};`, { fin: i === Number(count) - 1 });
  },
};

const sockets = new WebSocketServer({
  noServer: true, maxPayload: LARGEST, perMessageDeflate: true,
  handleProtocols: (offered) => (offered.has('chat.v1') ? 'chat.v1' : false),
});
sockets.on('connection', (socket, request) => {
  socket.path = request.url;
  socket.on('error', () => {});
  if (request.url === '/greet') socket.send('welcome');
  socket.on('message', (bytes, binary) => {
    const order = binary ? [] : bytes.toString().split(' ');
    if (orders[order[0]]) orders[order[0]](socket, ...order.slice(1));
    else socket.send(bytes, { binary });
  });
});
const server = http.createServer();
server.on('upgrade', (request, connection, head) => {
  if (request.url === '/refuse') connection.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
  else sockets.handleUpgrade(request, connection, head, (socket) => sockets.emit('connection', socket, request));
});
server.listen(Number(process.argv[2]), '127.0.0.1');
