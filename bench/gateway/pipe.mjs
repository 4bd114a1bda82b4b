// The floor: node:http in, http.Agent out, the body parsed once, the answer piped back. It says its port.
import http from 'node:http';

const upstream = new URL(process.argv[2]);
const agent = new http.Agent({ keepAlive: true, maxSockets: 256 });

const server = http.createServer((request, response) => {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => {
    const body = Buffer.concat(pieces);
    JSON.parse(body.toString());
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    const { hostname, port } = upstream;
    const onward = http.request(
      { hostname, port, agent, method: request.method, path: request.url, headers },
      (answer) => {
        response.writeHead(answer.statusCode, { 'content-type': answer.headers['content-type'] });
        answer.pipe(response);
      },
    );
    onward.end(body);
  });
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
