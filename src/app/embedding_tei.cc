// The routes of text-embeddings-inference 1.9, for the server's own model. What our models cannot
// do is answered as the original answers for an embedding model: 424.
#include "app/embedding_tei.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/version.h"
#include "base/limits.h"
#include "base/threads.h"
#include "base/utf8.h"
#include "encoder/pooling.h"
#include "math/kernels.h"
#include "text/tokenizer.h"

namespace penchant {

HttpResponse tei_empty(std::string_view field) {
  return tei_error(400, "Empty", fmt::format("`{}` cannot be empty", field));
}

HttpResponse tei_backend(std::string_view message) { return tei_error(424, "Backend", message); }

Result<> check_client_batch(const EmbeddingApi& api, size_t texts) {
  if (texts > api.options().client_batch)
    return too_large(fmt::format("batch size {} > maximum allowed batch size {}", texts,
                                 api.options().client_batch));
  return {};
}

Result<TokenOptions> read_truncation(const json::object& body) {
  TRY(const auto truncate, get_bool(body, "truncate"));
  TRY(const auto direction, get_string(body, "truncation_direction"));
  const std::string side = direction.value_or("right");
  const bool is_left = side == "left" || side == "Left";
  if (!is_left && side != "right" && side != "Right")
    return invalid(fmt::format("truncation_direction: {} is neither \"left\" nor \"right\"",
                               shown(json::value(side))));
  return TokenOptions{.truncate = truncate.value_or(true), .keeps_end = is_left};
}

namespace {

// The purpose that `prompt_name` names; one without a prompt is refused.
Result<Purpose> named_purpose(const Encoder& encoder, const json::object& body) {
  TRY(const auto name, get_string(body, "prompt_name"));
  if (!name) return Purpose::plain;
  const Purpose purpose = *name == "query" ? Purpose::query : Purpose::passage;
  const bool known = *name == "query" || *name == "passage" || *name == "document";
  if (!known || encoder.prompt(purpose).empty())
    return invalid(
        fmt::format("prompt_name: {} has no prompt {}", encoder.name(), shown(json::value(*name))));
  return purpose;
}

// `truncate`, `truncation_direction` and `prompt_name` of an object.
Result<TokenOptions> read_token_options(const Encoder& encoder, const json::object& body) {
  TRY(TokenOptions options, read_truncation(body));
  TRY(options.purpose, named_purpose(encoder, body));
  return options;
}

Result<HttpResponse> embed(EmbeddingApi& api, const HttpRequest& request, const json::object& body,
                           std::string_view) {
  const auto start = std::chrono::steady_clock::now();
  TRY(EmbeddingInput input, read_input(body, "inputs"));
  if (input.has_empty()) return tei_empty("inputs");
  TRY(check_client_batch(api, input.size()));
  TRY(const auto normalize, get_bool(body, "normalize"));
  TRY(const auto dimensions, get_integer(body, "dimensions"));
  if (dimensions && *dimensions < 1)
    return invalid(fmt::format("dimensions: {} is below 1", *dimensions));
  TRY(ServedModel * model, api.own_model());
  TRY(TokenOptions options, read_token_options(model->encoder, body));
  options.normalised = normalize.value_or(true);
  TRY(Embedded embedded, api.embed(*model, std::move(input), options, request));
  auto& [vectors, work] = embedded;
  TRY(shorten(vectors, static_cast<size_t>(dimensions.value_or(0)), options.normalised));
  json::array out;
  for (size_t i = 0; i < vectors.rows; ++i) out.push_back(vector_to_json(vectors.row(i)));
  HttpResponse response = json_response(to_text(out));
  add_work_headers(response, work, start);
  return response;
}

Result<HttpResponse> embed_all(EmbeddingApi& api, const HttpRequest& request,
                               const json::object& body, std::string_view) {
  const auto start = std::chrono::steady_clock::now();
  TRY(EmbeddingInput input, read_input(body, "inputs"));
  if (input.has_empty()) return tei_empty("inputs");
  TRY(check_client_batch(api, input.size()));
  TRY(ServedModel * model, api.own_model());
  if (model->encoder.tokenizer() == nullptr) return tei_backend("model has no tokens, only words");
  TRY(const TokenOptions options, read_token_options(model->encoder, body));
  Work work;
  for (const std::string& text : input.texts) work.characters += utf8_length(text);
  TRY(const auto texts, EmbeddingApi::tokens(model->encoder, std::move(input), options));
  const auto tokenised = std::chrono::steady_clock::now();
  work.tokenising = tokenised - start;
  const Patience patience = api.patience(request);
  json::array out;
  for (const TokenisedText& text : texts) {
    TRY(patience.check());
    TRY(const Matrix states, model->encoder.token_states(text.ids));
    work.tokens += text.ids.size();
    json::array rows;
    for (size_t i = 0; i < states.rows; ++i) rows.push_back(vector_to_json(states.row(i)));
    out.push_back(std::move(rows));
  }
  work.running = std::chrono::steady_clock::now() - tokenised;
  HttpResponse response = json_response(to_text(out));
  add_work_headers(response, work, start);
  return response;
}

Result<HttpResponse> similarity(EmbeddingApi& api, const HttpRequest& request,
                                const json::object& body, std::string_view) {
  const auto start = std::chrono::steady_clock::now();
  const json::value* inputs = body.if_contains("inputs");
  if (inputs == nullptr || !inputs->is_object())
    return invalid("inputs: must be an object of source_sentence and sentences");
  const json::object& asked = inputs->get_object();
  TRY(auto source, get_string(asked, "source_sentence"));
  TRY(auto sentences, get_strings(asked, "sentences"));
  if (!source) return invalid("inputs: source_sentence is missing");
  if (sentences.empty()) return tei_empty("inputs.sentences");
  TRY(check_client_batch(api, sentences.size()));
  const json::value* parameters = body.if_contains("parameters");
  if (parameters != nullptr && !parameters->is_object() && !parameters->is_null())
    return invalid("parameters: must be an object");
  TRY(ServedModel * model, api.own_model());
  TRY(const TokenOptions options,
      read_token_options(model->encoder, parameters != nullptr && parameters->is_object()
                                             ? parameters->get_object()
                                             : json::object()));
  EmbeddingInput input;
  input.texts = std::move(sentences);
  input.texts.push_back(*std::move(source));
  if (input.has_empty()) return tei_empty("inputs");
  TRY(const Embedded embedded, api.embed(*model, std::move(input), options, request));
  const auto& [vectors, work] = embedded;
  std::vector<float> scores;
  const size_t last = vectors.rows - 1;
  for (size_t i = 0; i < last; ++i) scores.push_back(dot(vectors.row(i), vectors.row(last)));
  HttpResponse response = json_response(to_text(vector_to_json(scores)));
  add_work_headers(response, work, start);
  return response;
}

json::array token_list(const Tokenizer& tokenizer, std::string_view text, Encoding encoding) {
  std::vector<Span> places = encoding.offsets;
  to_code_points(text, places);
  json::array out;
  for (size_t i = 0; i < encoding.ids.size(); ++i) {
    const bool special = encoding.sequence_ids[i] < 0;
    const Span bytes = encoding.offsets[i];
    json::object token{{"id", encoding.ids[i]}};
    token["text"] = special ? tokenizer.token(encoding.ids[i])
                            : text.substr(bytes.begin, bytes.end - bytes.begin);
    token["special"] = special;
    token["start"] = special ? json::value() : json::value(places[i].begin);
    token["stop"] = special ? json::value() : json::value(places[i].end);
    out.push_back(std::move(token));
  }
  return out;
}

Result<const Tokenizer*> own_tokenizer(EmbeddingApi& api) {
  TRY(const ServedModel* model, api.own_model());
  const Tokenizer* tokenizer = model->encoder.tokenizer();
  if (tokenizer == nullptr) return Error{Code::internal, "model has no tokens, only words"};
  return tokenizer;
}

Result<HttpResponse> tokenize(EmbeddingApi& api, const HttpRequest&, const json::object& body,
                              std::string_view) {
  TRY(const EmbeddingInput input, read_input(body, "inputs"));
  if (input.has_ids()) return invalid("inputs: must be a string or a list of strings");
  if (input.has_empty()) return tei_empty("inputs");
  TRY(check_client_batch(api, input.size()));
  TRY(const auto special, get_bool(body, "add_special_tokens"));
  TRY(const Tokenizer* tokenizer, own_tokenizer(api));
  TRY(const ServedModel* model, api.own_model());
  TRY(const auto named, get_string(body, "prompt_name"));
  std::string_view prompt;
  if (named) {
    TRY(const Purpose purpose, named_purpose(model->encoder, body));
    prompt = model->encoder.prompt(purpose);
  }
  json::array out;
  for (const std::string& text : input.texts) {
    const std::string prompted = std::string(prompt) + text;
    TRY(Encoding encoding,
        tokenizer->encode(prompted, {.add_special_tokens = special.value_or(true),
                                     .max_tokens = size_t(1) << 30}));
    out.push_back(token_list(*tokenizer, prompted, std::move(encoding)));
  }
  return json_response(to_text(out));
}

Result<HttpResponse> decode(EmbeddingApi& api, const HttpRequest&, const json::object& body,
                            std::string_view) {
  TRY(const EmbeddingInput input, read_input(body, "ids"));
  if (!input.texts.empty()) return invalid("ids: must be a list of ids or a list of such lists");
  if (input.has_empty()) return tei_empty("ids");
  TRY(check_client_batch(api, input.size()));
  TRY(const auto skip, get_bool(body, "skip_special_tokens"));
  TRY(const Tokenizer* tokenizer, own_tokenizer(api));
  json::array out;
  for (const auto& ids : input.ids) {
    TRY(std::string text, tokenizer->decode(ids, skip.value_or(true)));
    out.emplace_back(std::move(text));
  }
  return json_response(to_text(out));
}

std::string_view name_of(Precision precision) {
  if (precision == Precision::fp32) return "float32";
  return precision == Precision::bf16 ? "bfloat16" : "int8";
}

// The kinds of model there are: the encoder and, where one is served, the classifier. The original
// has one model and so one kind.
json::object model_kinds(const ServedModel& model, const std::vector<std::string>& labels) {
  json::object kinds{
      {"embedding",
       json::object{{"pooling", model.encoder.adds_special_tokens() ? "model" : "mean"}}}};
  if (labels.empty()) return kinds;
  json::object names, ids;
  for (size_t i = 0; i < labels.size(); ++i) {
    names[std::to_string(i)] = labels[i];
    ids[labels[i]] = i;
  }
  kinds[labels.size() == 1 ? "reranker" : "classifier"] =
      json::object{{"id2label", std::move(names)}, {"label2id", std::move(ids)}};
  return kinds;
}

Result<HttpResponse> info(EmbeddingApi& api, const HttpRequest&, const json::object&,
                          std::string_view) {
  TRY(const ServedModel* model, api.own_model());
  const EmbeddingOptions& options = api.options();
  const std::string_view name = model->encoder.name();
  return json_response(
      to_text(json::object{{"model_id", name},
                           {"model_sha", nullptr},
                           {"model_dtype", name_of(options.encoder.precision)},
                           {"served_model_name", name},
                           {"model_type", model_kinds(*model, options.classifier_labels)},
                           {"max_concurrent_requests", embedding_requests_max},
                           {"max_input_length", model->encoder.max_tokens()},
                           {"max_batch_tokens", BatcherOptions().batch_tokens},
                           {"max_batch_requests", nullptr},
                           {"max_client_batch_size", options.client_batch},
                           {"auto_truncate", true},
                           {"tokenization_workers", embedding_requests_max},
                           {"version", program_version()},
                           {"sha", nullptr},
                           {"docker_label", nullptr}}));
}

Result<HttpResponse> health(EmbeddingApi& api, const HttpRequest&, const json::object&,
                            std::string_view) {
  TRY(api.own_model());
  return HttpResponse();
}

constexpr EmbeddingRoute routes[] = {
    {"POST", "/embed", ApiStyle::tei, embed},
    {"POST", "/embed_all", ApiStyle::tei, embed_all},
    {"POST", "/similarity", ApiStyle::tei, similarity},
    {"POST", "/rerank", ApiStyle::tei, tei_rerank},
    {"POST", "/predict", ApiStyle::tei, tei_predict},
    {"POST", "/tokenize", ApiStyle::tei, tokenize},
    {"POST", "/decode", ApiStyle::tei, decode},
    {"GET", "/info", ApiStyle::tei, info},
    {"GET", "/health", ApiStyle::tei, health},
};

}  // namespace

std::span<const EmbeddingRoute> tei_routes() { return routes; }

}  // namespace penchant
