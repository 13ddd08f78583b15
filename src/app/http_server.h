// HTTP/1.1 over TCP on the loopback: connections, time limits, back pressure, shutdown. What is
// answered is HttpService's business. Uses Boost.Asio (in the .cc alone); a few threads move bytes,
// worker pools run the requests, so that a connection costs no thread and a slow request no other.
// Thread-safety: serve() blocks one thread; `service` is safe.
#pragma once

#include <cstdint>
#include <string>

#include "app/http_service.h"
#include "base/limits.h"
#include "base/result.h"

namespace penchant {

struct ServerOptions {
  std::string host = "127.0.0.1";
  uint16_t port = 8080;  // 0: any free one
  int io_threads = 2;
  int worker_threads = 8;  // for quick requests; they mostly wait for the disk or the encoder
  int heavy_threads = 2;
  size_t connections_max = limits::connections;
  double timeout_seconds = 30;  // for a request's head, between requests, and for stalled bodies
  double grace_seconds = 20;    // running requests may finish after SIGTERM
};

// Serves until SIGTERM or SIGINT, then finishes the running requests. A second signal ends the
// process at once. `listening` is told the port.
Result<> serve(HttpService& service, const ServerOptions& options,
               void (*listening)(const ServerOptions& options, uint16_t port));

}  // namespace penchant
