// Bytes of a connection through the parser, the router and the check of arguments, as the server
// does it: everything but the engine.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "app/http_parser.h"
#include "app/http_service.h"

namespace {

// Whatever came in, what goes out is JSON.
void check_problem(const penchant::HttpResponse& response) {
  if (!penchant::parse_json(response.body, "problem").ok()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using penchant::HttpParser;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  HttpParser parser;
  for (int requests = 0; requests < 20; ++requests) {
    // In pieces, so that the parser also meets requests it cannot finish yet.
    size_t given = requests % 2 == 0 ? bytes.size() : bytes.size() / 2;
    while (parser.state() == HttpParser::State::head || parser.state() == HttpParser::State::body) {
      const size_t used = parser.feed(bytes.substr(0, given));
      bytes.remove_prefix(used);
      given -= used;
      if (used > 0) continue;
      if (given == bytes.size()) return 0;
      given = bytes.size();
    }
    if (parser.state() == HttpParser::State::failed) {
      check_problem(parser.refusal());
      return 0;
    }
    penchant::HttpRequest request = parser.take();
    if (const auto refusal = penchant::refuse_head(request)) {
      check_problem(*refusal);
      continue;
    }
    penchant::HttpCall call;
    const auto prepared = penchant::prepare_call(std::move(request), call);
    if (!prepared.ok()) check_problem(penchant::problem(prepared.error()));
  }
  return 0;
}
