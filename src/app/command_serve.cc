// penchant serve: the operations over REST on this machine.
#include <fmt/format.h>

#include <algorithm>

#include "app/commands.h"
#include "app/data_folder.h"
#include "app/http_server.h"
#include "app/setup.h"
#include "base/threads.h"
#include "encoder/head_config.h"
#include "encoder/models.h"
#include "engine/engine.h"

namespace penchant {

namespace {

void announce(const ServerOptions& options, uint16_t port) {
  const bool is_v6 = options.host.find(':') != options.host.npos;
  const std::string host = is_v6 ? "[" + options.host + "]" : options.host;
  fmt::print(stderr, "serving on http://{}:{}; /v1/openapi.json describes it, Ctrl-C ends it\n",
             host, port);
}

// What --classifier names, else what --model names where that has a classification head.
Result<Path> chosen_classifier(const Arguments& arguments) {
  if (arguments.has("classifier"))
    return find_model(arguments.get("classifier"), models_folder(arguments));
  if (!arguments.has("model")) return Path();
  const auto path = chosen_model(arguments);
  std::error_code ignored;
  const bool has_head =
      path.ok() && std::filesystem::is_directory(*path, ignored) && read_head_config(*path).ok();
  return has_head ? *path : Path();
}

Result<EmbeddingOptions> read_embedding_options(const Arguments& arguments) {
  EmbeddingOptions out;
  out.models_folder = models_folder(arguments);
  TRY(out.encoder.precision, chosen_precision(arguments));
  TRY(out.encoder.threads, chosen_threads(arguments));
  TRY(out.classifier, chosen_classifier(arguments));
  if (!out.classifier.empty()) {
    TRY(const HeadConfig head, read_head_config(out.classifier));
    out.classifier_labels = head.labels;
  }
  TRY(const int64_t batch, arguments.integer("client-batch", 32, 1, 100'000));
  TRY(const int64_t payload,
      arguments.integer("payload", 2'000'000, 1'000, int64_t(limits::body_bytes)));
  TRY(const int64_t deadline, arguments.integer("deadline", 60, 1, 3600));
  out.client_batch = static_cast<size_t>(batch);
  out.payload_bytes = static_cast<size_t>(payload);
  out.deadline_seconds = double(deadline);
  return out;
}

Result<ServerOptions> read_options(const Arguments& arguments) {
  ServerOptions out;
  out.host = arguments.get("host", "127.0.0.1");
  if (out.host == "localhost") out.host = "127.0.0.1";
  if (out.host != "127.0.0.1" && out.host != "::1")
    return invalid(
        fmt::format("option --host must be 127.0.0.1 or ::1, not \"{}\": without access "
                    "keys only this machine is served",
                    out.host));
  TRY(const int64_t port, arguments.integer("port", 8080, 0, 65535));
  TRY(const int64_t timeout, arguments.integer("timeout", 30, 1, 3600));
  TRY(const int64_t connections,
      arguments.integer("connections", int64_t(limits::connections), 1, 100'000));
  out.port = static_cast<uint16_t>(port);
  out.timeout_seconds = double(timeout);
  out.connections_max = static_cast<size_t>(connections);
  out.worker_threads = std::max(8, 2 * hardware_threads());
  return out;
}

}  // namespace

std::vector<Option> serve_options() {
  std::vector<Option> out = engine_options();
  out.push_back({"host", "ADDRESS", "127.0.0.1 or ::1 (default: 127.0.0.1)"});
  out.push_back({"port", "P", "0 to 65535, 0: any free one (default: 8080)", 'p'});
  out.push_back(
      {"timeout", "S", "seconds a client may be idle, or late with a request (default: 30)"});
  out.push_back({"connections", "N", "how many at once (default: 1024)"});
  out.push_back({"classifier", "M", "what /rerank and /predict ask (default: --model if it can)"});
  out.push_back({"client-batch", "N", "texts of one /embed request (default: 32)"});
  out.push_back({"payload", "BYTES", "of one embedding request (default: 2000000)"});
  out.push_back({"deadline", "S", "seconds an embedding request may wait (default: 60)"});
  return out;
}

int command_serve(const Arguments& arguments) {
  if (!arguments.has("data")) return usage_error("option --data is missing");
  const auto options = read_options(arguments);
  if (!options.ok()) return usage_error(options.error().message);
  const auto embedding = read_embedding_options(arguments);
  if (!embedding.ok()) return usage_error(embedding.error().message);
  const auto engine = open_engine(arguments, Folder::created);
  if (!engine.ok()) return failure(engine.error());
  HttpService service(**engine, *embedding);
  const auto served = serve(service, *options, announce);
  return served.ok() ? 0 : failure(served.error());
}

}  // namespace penchant
