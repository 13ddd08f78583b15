#include "app/embedding_api.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"
#include "encoder/tokenise.h"
#include "math/kernels.h"
#include "text/tokenizer.h"

namespace penchant {

namespace {

using SteadyClock = std::chrono::steady_clock;

bool fits(std::string_view path, const std::vector<std::string>& segments) {
  for (const std::string& segment : segments) {
    if (path.empty()) return false;
    path.remove_prefix(1);  // the slash
    const std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(part.size());
    if (part != segment && (part != "{model}" || segment.empty())) return false;
  }
  return path.empty();
}

// Token ids of one text.
Result<std::vector<int32_t>> read_ids(const json::array& list, std::string_view field) {
  std::vector<int32_t> ids;
  ids.reserve(list.size());
  for (const json::value& value : list) {
    if (!value.is_int64() || value.get_int64() < 0 || value.get_int64() > INT32_MAX)
      return invalid(fmt::format("{}: {} is no token id", field, shown(value)));
    ids.push_back(static_cast<int32_t>(value.get_int64()));
  }
  return ids;
}

Result<> add_input(const json::value& value, std::string_view field, EmbeddingInput& input) {
  if (value.is_string() && input.ids.empty()) {
    input.texts.emplace_back(value.get_string());
  } else if (value.is_array() && input.texts.empty()) {
    TRY(auto ids, read_ids(value.get_array(), field));
    input.ids.push_back(std::move(ids));
  } else {
    return invalid(fmt::format(
        "{}: must be a string, a list of strings, a list of token ids or a list of such lists, "
        "not {}",
        field, shown(value)));
  }
  return {};
}

struct TeiKind {
  int status;
  std::string_view type;
};

TeiKind tei_kind(Code code) {
  switch (code) {
    case Code::too_large:
      return {413, "Validation"};
    case Code::exhausted:
      return {429, "Overloaded"};
    case Code::unavailable:
      return {503, "Unhealthy"};
    case Code::internal:
      return {424, "Backend"};
    default:
      return {422, "Validation"};
  }
}

HttpResponse openai_error(const Error& error, std::string_view param, std::string_view code) {
  HttpResponse out;
  out.status = error.code == Code::exhausted ? 429 : status_of(error.code);
  out.content_type = "application/json";
  const auto or_null = [](std::string_view text) {
    return text.empty() ? json::value() : json::value(text);
  };
  const std::string_view type = out.status == 429   ? "requests"
                                : out.status >= 500 ? "server_error"
                                                    : "invalid_request_error";
  out.body = to_text(json::object{{"error", json::object{{"message", error.message},
                                                         {"type", type},
                                                         {"param", or_null(param)},
                                                         {"code", or_null(code)}}}}) +
             "\n";
  return out;
}

// In full or cut, as the options say.
Result<TokenisedText> read_text(const Encoder& encoder, std::string_view text,
                                const TokenOptions& options) {
  const Tokenizer* const tokenizer = encoder.tokenizer();
  if (tokenizer == nullptr) return encoder.read(text, options.purpose);
  const bool limited = encoder.adds_special_tokens();
  EncodeOptions encode{.add_special_tokens = limited, .keeps_end = options.keeps_end};
  if (limited) encode.max_tokens = options.truncate ? encoder.max_tokens() : size_t(1) << 30;
  TokenisedText out;
  const std::string prompted = std::string(encoder.prompt(options.purpose)).append(text);
  TRY(out.ids, tokenizer->encode_ids(prompted, encode));
  out.unpooled = encoder.unpooled_tokens(options.purpose);
  if (out.unpooled > 0 && options.keeps_end) {  // what is cut away was the prompt's first
    encode.max_tokens = size_t(1) << 30;
    TRY(const auto whole, tokenizer->encode_ids(prompted, encode));
    out.unpooled -= std::min(out.unpooled, whole.size() - out.ids.size());
  }
  return out;
}

Result<json::object> read_body(const HttpRequest& request) {
  if (request.method == "GET" || request.method == "HEAD") return json::object();
  TRY(json::value value, parse_json(request.body, "body"));
  if (!value.is_object()) return invalid("body: must be a JSON object");
  return std::move(value.get_object());
}

}  // namespace

const EmbeddingRoute* find_embedding_route(std::string_view method,
                                           const std::vector<std::string>& segments,
                                           std::string_view& allow) {
  if (method == "HEAD") method = "GET";
  for (const auto routes : {openai_routes(), tei_routes()})
    for (const EmbeddingRoute& route : routes) {
      if (!fits(route.path, segments)) continue;
      allow = route.method == "GET" ? "GET, HEAD" : route.method;
      if (route.method == method) return &route;
    }
  return nullptr;
}

HttpResponse tei_error(int status, std::string_view type, std::string_view message) {
  HttpResponse out;
  out.status = status;
  out.content_type = "application/json";
  out.body = to_text(json::object{{"error", message}, {"error_type", type}}) + "\n";
  return out;
}

HttpResponse api_error(ApiStyle style, const Error& error, std::string_view param,
                       std::string_view code) {
  const auto [status, type] = tei_kind(error.code);
  HttpResponse out = style == ApiStyle::tei ? tei_error(status, type, error.message)
                                            : openai_error(error, param, code);
  if (error.code == Code::exhausted) out.headers.emplace_back("Retry-After", "1");
  return out;
}

HttpResponse json_response(std::string body) {
  HttpResponse out;
  out.content_type = "application/json";
  out.body = std::move(body);
  return out;
}

bool EmbeddingInput::has_empty() const {
  return size() == 0 ||
         std::ranges::any_of(texts, [](const std::string& text) { return text.empty(); }) ||
         std::ranges::any_of(ids, [](const auto& list) { return list.empty(); });
}

Result<EmbeddingInput> read_input(const json::object& body, std::string_view field) {
  const json::value* value = body.if_contains(field);
  if (value == nullptr || value->is_null()) return invalid(fmt::format("{}: is missing", field));
  EmbeddingInput input;
  if (!value->is_array()) {
    TRY(add_input(*value, field, input));
    return input;
  }
  const json::array& list = value->get_array();
  if (!list.empty() && list[0].is_number()) {
    TRY(add_input(*value, field, input));
    return input;
  }
  input.is_list = true;
  for (const json::value& one : list) TRY(add_input(one, field, input));
  return input;
}

EmbeddingApi::EmbeddingApi(Engine& engine, const EmbeddingOptions& options)
    : engine_(engine), options_(options), models_(options.models_folder, options.encoder, {}) {}

HttpResponse EmbeddingApi::handle(const HttpRequest& request, const EmbeddingRoute& route,
                                  const std::vector<std::string>& segments) {
  if (request.body.size() > options_.payload_bytes)
    return api_error(route.style,
                     too_large(fmt::format("a body of {} bytes, the limit is {}",
                                           request.body.size(), options_.payload_bytes)));
  const auto body = read_body(request);
  if (!body.ok()) {
    if (route.style == ApiStyle::tei) return tei_error(400, "Validation", body.error().message);
    return api_error(route.style, body.error());
  }
  const std::string_view model =
      route.path.ends_with("{model}") ? std::string_view(segments.back()) : "";
  auto answer = route.handler(*this, request, *body, model);
  return answer.ok() ? *std::move(answer) : api_error(route.style, answer.error());
}

Result<ServedModel*> EmbeddingApi::own_model() {
  TRY(Encoder * encoder, engine_.encoder());
  return &models_.add(*encoder);
}

Result<ServedModel*> EmbeddingApi::model(std::string_view name) {
  (void)own_model();  // it may be asked for by name; without it the others go on
  return models_.get(name);
}

std::vector<std::string> EmbeddingApi::model_names() {
  (void)own_model();
  return models_.names();
}

Result<ServedClassifier*> EmbeddingApi::classifier() {
  if (options_.classifier.empty()) return not_found("this server has no classifier");
  const MutexLock lock(classifier_mutex_);
  if (classifier_ == nullptr) {
    auto opened = open_classifier(options_.classifier, options_.encoder);
    if (!opened.ok()) return Error{Code::unavailable, opened.error().message};
    classifier_ = std::make_unique<ServedClassifier>(*std::move(opened), BatcherOptions());
  }
  return classifier_.get();
}

Result<std::vector<TokenisedText>> EmbeddingApi::tokens(const Encoder& encoder,
                                                        EmbeddingInput input,
                                                        const TokenOptions& options) {
  if (encoder.tokenizer() == nullptr && input.has_ids())
    return invalid(fmt::format("the model {} has no tokens, only words", encoder.name()));
  std::vector<TokenisedText> out;
  for (auto& ids : input.ids) out.push_back({std::move(ids)});
  for (const std::string& text : input.texts) {
    auto read = read_text(encoder, text, options);
    if (!read.ok()) return at_text(out.size(), read.error());
    out.push_back(*std::move(read));
  }
  if (!encoder.adds_special_tokens()) return out;
  const size_t longest = encoder.max_tokens();
  for (TokenisedText& text : out) {
    std::vector<int32_t>& ids = text.ids;
    if (ids.size() > longest && options.truncate) {
      if (options.keeps_end) std::rotate(ids.begin(), ids.end() - ptrdiff_t(longest), ids.end());
      ids.resize(longest);
    }
    if (ids.size() > longest)
      return invalid(
          fmt::format("`inputs` must have less than {} tokens. Given: {}", longest, ids.size()));
  }
  return out;
}

Patience EmbeddingApi::patience(const HttpRequest& request) const {
  const std::chrono::duration<double> deadline(options_.deadline_seconds);
  return {.until = request.arrived + std::chrono::duration_cast<SteadyClock::duration>(deadline),
          .gone = request.gone.get()};
}

Result<Matrix> EmbeddingApi::run(Batcher& batcher, std::span<const TokenSequence> sequences,
                                 const HttpRequest& request, Work& work) const {
  for (const TokenSequence& one : sequences) work.tokens += one.ids.size();
  TRY(Batched batched, batcher.run(sequences, patience(request)));
  work.waited = batched.waited;
  work.running = batched.running;
  return std::move(batched.rows);
}

Result<Embedded> EmbeddingApi::embed(ServedModel& model, EmbeddingInput input,
                                     const TokenOptions& options, const HttpRequest& request) {
  const SteadyClock::time_point start = SteadyClock::now();
  Embedded out;
  for (const std::string& text : input.texts) out.work.characters += utf8_length(text);
  TRY(const auto texts, tokens(model.encoder, std::move(input), options));
  out.work.tokenising = SteadyClock::now() - start;
  std::vector<TokenSequence> sequences;
  sequences.reserve(texts.size());
  for (const TokenisedText& text : texts) sequences.push_back(text.sequence());
  TRY(out.vectors, run(model.batcher, sequences, request, out.work));
  for (size_t i = 0; i < out.vectors.rows && options.normalised; ++i) normalise(out.vectors.row(i));
  return out;
}

void add_work_headers(HttpResponse& response, const Work& work, SteadyClock::time_point start) {
  const auto milliseconds = [](std::chrono::nanoseconds time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
  };
  const std::string total = milliseconds(SteadyClock::now() - start);
  for (auto& [name, value] : std::initializer_list<std::pair<std::string_view, std::string>>{
           {"X-Compute-Type", "cpu"},
           {"X-Compute-Time", total},
           {"X-Compute-Characters", std::to_string(work.characters)},
           {"X-Compute-Tokens", std::to_string(work.tokens)},
           {"X-Total-Time", total},
           {"X-Tokenization-Time", milliseconds(work.tokenising)},
           {"X-Queue-Time", milliseconds(work.waited)},
           {"X-Inference-Time", milliseconds(work.running)}})
    response.headers.emplace_back(name, value);
}

}  // namespace penchant
