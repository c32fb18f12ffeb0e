// Says that a server takes connections, in the words in which canvas-ws says it.
export function sayListening(httpServer) {
  console.log(JSON.stringify({ event: 'server.listening', port: httpServer.address().port }))
}

// The port to listen on: the first argument; 0, or none, is any free one.
export function wantedPort() {
  return Number(process.argv[2] ?? 0)
}
