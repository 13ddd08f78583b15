// A request of the embedding service, its path on the first line and its body behind: whatever it
// is, the answer is JSON in the shape of its API, and nothing is the server's fault. The models are
// the tiny ones of tests/data.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/embedding_api.h"
#include "app/http_target.h"
#include "base/check.h"
#include "engine/engine.h"

namespace penchant {

namespace {

struct Service {
  std::unique_ptr<Engine> engine;
  std::unique_ptr<EmbeddingApi> api;
};

const Service& service() {
  static const Service made = [] {
    const Path models = Path(PENCHANT_SOURCE) / "tests/data/encoder";
    Service out;
    auto engine = Engine::open(
        {.data_folder = {}, .models_folder = models, .model = "tiny-bert", .threads = 1});
    CHECK(engine.ok(), engine.error().message);
    out.engine = *std::move(engine);
    EmbeddingOptions options;
    options.models_folder = models;
    options.encoder.threads = 1;
    out.api = std::make_unique<EmbeddingApi>(*out.engine, options);
    return out;
  }();
  return made;
}

bool is_sentence(const json::value* value) {
  return value != nullptr && value->is_string() && !value->get_string().empty();
}

void check_error(ApiStyle style, const json::object& answer) {
  const json::value* error = answer.if_contains("error");
  CHECK(error != nullptr, "an error says so");
  if (style == ApiStyle::tei)
    CHECK(is_sentence(error) && is_sentence(answer.if_contains("error_type")), "TEI's shape");
  else
    CHECK(error->is_object() && is_sentence(error->get_object().if_contains("message")) &&
              is_sentence(error->get_object().if_contains("type")),
          "OpenAI's shape");
}

void ask(std::string_view path, std::string_view body) {
  const auto target = parse_target(path);
  if (!target.ok()) return;  // refused by the head alone
  const std::vector<std::string>& segments = target->segments;
  for (const char* method : {"POST", "GET"}) {
    std::string_view allow;
    const EmbeddingRoute* route = find_embedding_route(method, segments, allow);
    if (route == nullptr) continue;
    HttpRequest request;
    request.method = method;
    request.body = body;
    const HttpResponse response = service().api->handle(request, *route, segments);
    if (route->path == "/health") continue;  // an empty answer
    const auto answer = parse_json(response.body, "answer");
    CHECK(answer.ok(), response.body);
    CHECK(response.status == 200 || (response.status >= 400 && response.status < 500),
          response.body);
    if (response.status == 200) continue;
    CHECK(answer->is_object(), response.body);
    check_error(route->style, answer->get_object());
  }
}

}  // namespace

}  // namespace penchant

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const size_t line = bytes.find('\n');
  if (line == bytes.npos) return 0;
  penchant::ask(bytes.substr(0, line), bytes.substr(line + 1));
  return 0;
}
