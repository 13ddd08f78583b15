// OpenAI's embeddings: POST /v1/embeddings, GET /v1/models, GET /v1/models/{model}.
#include <fmt/format.h>

#include <bit>

#include "app/embedding_api.h"
#include "encoder/pooling.h"

namespace penchant {

namespace {

constexpr size_t inputs_max = 2'048;  // as OpenAI has it

HttpResponse refused(const Error& error, std::string_view param, std::string_view code = "") {
  return api_error(ApiStyle::openai, error, param, code);
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t three = 0;
    for (size_t j = 0; j < 3; ++j)
      three = three << 8 | (i + j < bytes.size() ? static_cast<uint8_t>(bytes[i + j]) : 0);
    for (size_t j = 0; j < 4; ++j)
      out += i + j <= bytes.size() ? digits[three >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

json::value embedding(std::span<const float> vector, bool as_base64) {
  if (!as_base64) return vector_to_json(vector);
  std::string bytes;
  for (const float x : vector) {
    const auto bits = std::bit_cast<uint32_t>(x);
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(bits >> shift & 255);
  }
  return json::value(base64(bytes));
}

json::object model_entry(std::string_view name) {
  return {{"id", name}, {"object", "model"}, {"created", 0}, {"owned_by", "penchant"}};
}

// A whole number of the body that is at least 1; 0: absent.
Result<size_t> read_dimensions(const json::object& body) {
  TRY(const auto number, get_integer(body, "dimensions"));
  if (number && *number < 1) return invalid(fmt::format("dimensions: {} is below 1", *number));
  return static_cast<size_t>(number.value_or(0));
}

Result<HttpResponse> embeddings(EmbeddingApi& api, const HttpRequest& request,
                                const json::object& body, std::string_view) {
  const auto start = std::chrono::steady_clock::now();
  const auto name = get_string(body, "model");
  if (!name.ok()) return refused(name.error(), "model");
  if (!*name || (*name)->empty()) return refused(invalid("model: is missing"), "model");
  auto input = read_input(body, "input");
  if (!input.ok()) return refused(input.error(), "input");
  if (input->has_empty()) return refused(invalid("input: is empty, or has an empty text"), "input");
  if (input->size() > inputs_max)
    return refused(
        invalid(fmt::format("input: {} texts, the limit is {}", input->size(), inputs_max)),
        "input");
  const auto format = get_string(body, "encoding_format");
  if (!format.ok()) return refused(format.error(), "encoding_format");
  const std::string encoding = format->value_or("float");
  if (encoding != "float" && encoding != "base64")
    return refused(invalid(fmt::format("encoding_format: {} is neither \"float\" nor \"base64\"",
                                       shown(json::value(encoding)))),
                   "encoding_format");
  const auto dimensions = read_dimensions(body);
  if (!dimensions.ok()) return refused(dimensions.error(), "dimensions");

  const auto model = api.model(**name);
  if (!model.ok())
    return refused(model.error(), "model",
                   model.error().code == Code::not_found ? "model_not_found" : "");
  Encoder& encoder = (*model)->encoder;
  if (*dimensions > encoder.dimensions())
    return refused(invalid(fmt::format("dimensions: {} is more than the {} of {}", *dimensions,
                                       encoder.dimensions(), encoder.name())),
                   "dimensions");
  const TokenOptions tokens{.truncate = !input->has_ids()};
  TRY(Embedded embedded, api.embed(**model, *std::move(input), tokens, request));
  auto& [vectors, work] = embedded;
  TRY(shorten(vectors, *dimensions));
  json::array data;
  for (size_t i = 0; i < vectors.rows; ++i)
    data.push_back(json::object{{"object", "embedding"},
                                {"index", i},
                                {"embedding", embedding(vectors.row(i), encoding == "base64")}});
  HttpResponse out = json_response(
      to_text(json::object{
          {"object", "list"},
          {"data", std::move(data)},
          {"model", encoder.name()},
          {"usage", json::object{{"prompt_tokens", work.tokens}, {"total_tokens", work.tokens}}}}) +
      "\n");
  add_work_headers(out, work, start);
  return out;
}

Result<HttpResponse> models(EmbeddingApi& api, const HttpRequest&, const json::object&,
                            std::string_view) {
  json::array data;
  for (const std::string& name : api.model_names()) data.push_back(model_entry(name));
  return json_response(to_text(json::object{{"object", "list"}, {"data", std::move(data)}}) + "\n");
}

Result<HttpResponse> model(EmbeddingApi& api, const HttpRequest&, const json::object&,
                           std::string_view name) {
  for (const std::string& known : api.model_names())
    if (known == name) return json_response(to_text(model_entry(name)) + "\n");
  return refused(not_found(fmt::format("there is no model {}", shown(json::value(name)))), "model",
                 "model_not_found");
}

constexpr EmbeddingRoute routes[] = {
    {"POST", "/v1/embeddings", ApiStyle::openai, embeddings},
    {"POST", "/embeddings", ApiStyle::openai, embeddings},
    {"GET", "/v1/models", ApiStyle::openai, models},
    {"GET", "/v1/models/{model}", ApiStyle::openai, model},
};

}  // namespace

std::span<const EmbeddingRoute> openai_routes() { return routes; }

}  // namespace penchant
