// Node's http server with its keep-alive, which it forgets for as long as its loop is blocked.
//   /block?ms=N    computes for N ms on the event loop, as a solver in JavaScript does
const http = require('http');
const server = http.createServer((request, answer) => {
  const end = Date.now() + Number(new URL(request.url, 'http://x').searchParams.get('ms'));
  request.resume();
  request.on('end', () => {
    while (Date.now() < end);
    answer.setHeader('Content-Type', 'application/json');
    answer.end('{}');
  });
});
server.keepAliveTimeout = Number(process.argv[2]);
const places = {'--port': process.env.PORT, '--fd': {fd: 3}};
server.listen(places[process.argv[3]] ?? process.env.TENFOLD_SOCKET);
