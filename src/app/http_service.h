// What the server answers, apart from how bytes travel: request in, response out. Routes to the
// table of operations and to the few fixed paths, checks host, content type, tenant and arguments.
// Thread-safety: safe.
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "app/embedding_api.h"
#include "app/http_message.h"
#include "app/metrics.h"
#include "engine/operations.h"

namespace penchant {

// Where a request runs, so that a slow kind never makes a quick kind wait.
enum class Lane {
  here,       // at once, without the engine: health
  control,    // metrics
  quick,      // most operations
  heavy,      // operations that encode many texts
  embedding,  // the embedding service: waits for the batch it shares with others
};

struct HttpCall {
  const Operation* operation = nullptr;
  Caller caller;
  json::object arguments;  // checked
};

class HttpService {
 public:
  HttpService(Engine& engine, const EmbeddingOptions& embedding);

  // The answer that can be given after the head alone (wrong path, method, host, type, length).
  std::optional<HttpResponse> refuse(const HttpRequest& head) const;
  Lane lane(const HttpRequest& request) const;
  // The answer to a request for which there is no room; of the embedding service 429.
  HttpResponse busy(const HttpRequest& request) const;
  // Never refused by refuse(). Blocks for as long as the engine does.
  HttpResponse handle(HttpRequest request);

  // From here on /readyz says 503.
  void set_stopping() { stopping_ = true; }

  Metrics metrics;
  std::atomic<size_t> connections{0};

 private:
  HttpResponse fixed(std::string_view path);

  Engine& engine_;
  EmbeddingApi embedding_;
  const std::string description_;  // OpenAPI, as text
  std::atomic<bool> stopping_{false};
};

// The pure part: a request whose head was not refused to a call of an operation. After an error
// `call` still tells the operation, if the path names one.
Result<> prepare_call(HttpRequest request, HttpCall& call);
std::optional<HttpResponse> refuse_head(const HttpRequest& head);

// Whether a Host header names this machine's loopback; other names could be a web page whose owner
// points them here (DNS rebinding).
bool is_local_host(std::string_view host);

// The OpenAPI description of all routes: the table of operations and the embedding service.
json::object description();

// "zh" or "en", whichever Accept-Language likes better, or "".
std::string_view preferred_language(std::string_view accept_language);

}  // namespace penchant
