// SPDX-License-Identifier: BSD-3-Clause
// Usage: node_handed.js ADDRESS PORT: an echo, each connection of which a child process holds, which got it in a message.
'use strict';
const childProcess = require('child_process');
const net = require('net');

if (process.send) {
    process.on('message', (message, socket) => {
        socket.write('child\n');
        socket.pipe(socket);
    });
} else {
    const [address, port] = process.argv.slice(2);
    const child = childProcess.fork(__filename);
    net.createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
        child.send('socket', socket);
    }).listen(Number(port), address);
    process.on('SIGTERM', () => {
        child.kill();
        process.exit(0);
    });
}
