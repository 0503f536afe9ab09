// SPDX-License-Identifier: BSD-3-Clause
// Usage: node_http.js serve ADDRESS PORT FILE | ask ADDRESS PORT
// Serves a file, and echoes what is posted; asks for it, posts it back, and prints both answers.
'use strict';
const fs = require('fs');
const http = require('http');

function serve(address, port, file) {
    http.createServer((request, response) => {
        (request.method === 'POST' ? request : fs.createReadStream(file)).pipe(response);
    }).listen(port, address);
    process.on('SIGTERM', () => process.exit(0));
}

function ask(address, port, method, body) {
    return new Promise((resolve, reject) => {
        const request = http.request({ host: address, port, method, path: '/' }, (response) => {
            const parts = [];
            response.on('data', (part) => parts.push(part));
            response.on('end', () => resolve(Buffer.concat(parts)));
        });
        request.on('error', reject);
        request.end(body);
    });
}

async function askTwice(address, port) {
    const got = await ask(address, port, 'GET');
    process.stdout.write(got);
    process.stdout.write(await ask(address, port, 'POST', got));
}

const [what, address, port, file] = process.argv.slice(2);
if (what === 'serve') {
    serve(address, Number(port), file);
} else {
    askTwice(address, Number(port));
}
