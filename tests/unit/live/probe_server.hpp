// A program that is asked by probes, for tests of them.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "config/app_config.hpp"
#include "provider_fixture.hpp"

namespace tenfold::live {

// Accepts at once, and answers GETs by `answer`, Python that yields a status from `path`; appends each path to `log`.
inline std::vector<std::string> http_server(const std::string& log, const std::string& answer) {
  return python(
      "import http.server, os, socketserver, time\n"
      "class Handler(http.server.BaseHTTPRequestHandler):\n"
      "    def do_GET(self):\n"
      "        path = self.path\n"
      "        with open('" +
      log +
      "', 'a') as f: f.write(path + ' ')\n"
      "        self.send_response(" +
      answer +
      "); self.end_headers()\n"
      "    def address_string(self): return ''\n"
      "class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer): daemon_threads = True\n"
      "Server(os.environ['TENFOLD_SOCKET'], Handler).serve_forever()");
}

inline config::Probe http_probe(config::Probe::Type type, const std::string& path) {
  config::Probe probe;
  probe.type = type;
  probe.path = path;
  return probe;
}

inline std::string content_of(const std::string& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace tenfold::live
