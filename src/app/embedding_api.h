// The embedding service: what OpenAI's and text-embeddings-inference's clients ask, answered in
// their shapes beside the operations of our own. docs/FORMATS.md lists the routes. OpenAI's name a
// model each time; text-embeddings-inference knows one, here the server's own.
// Thread-safety: safe.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/http_message.h"
#include "base/mutex.h"
#include "encoder/classifier.h"
#include "encoder/model_set.h"
#include "engine/engine.h"

namespace penchant {

// At once; the next gets 429. Half of them may ask one model, so that others find room.
inline constexpr int embedding_requests_max = 512;

struct EmbeddingOptions {
  Path models_folder;
  EncoderOptions encoder;
  Path classifier;  // the folder that /rerank and /predict ask; empty: there is none
  std::vector<std::string> classifier_labels;
  size_t client_batch = 32;          // texts of one request of text-embeddings-inference
  size_t payload_bytes = 2'000'000;  // of one request's body
  double deadline_seconds = 60;      // a request that waits longer is dropped
};

enum class ApiStyle { openai, tei };

class EmbeddingApi;

struct EmbeddingRoute {
  std::string_view method;
  std::string_view path;  // "{model}" stands for any one segment
  ApiStyle style;
  Result<HttpResponse> (*handler)(EmbeddingApi&, const HttpRequest&, const json::object& body,
                                  std::string_view model);
};

// Null when the path is none of the service's; `allow` tells the path's method.
const EmbeddingRoute* find_embedding_route(std::string_view method,
                                           const std::vector<std::string>& segments,
                                           std::string_view& allow);

// An error in the shape of the API; `param` and `code` are OpenAI's.
HttpResponse api_error(ApiStyle style, const Error& error, std::string_view param = "",
                       std::string_view code = "");
// Of text-embeddings-inference, with its status and type.
HttpResponse tei_error(int status, std::string_view type, std::string_view message);
HttpResponse json_response(std::string body);

// The texts of a request, or their ids.
struct EmbeddingInput {
  std::vector<std::string> texts;
  std::vector<std::vector<int32_t>> ids;
  bool is_list = false;

  bool has_ids() const { return !ids.empty(); }
  size_t size() const { return texts.size() + ids.size(); }
  bool has_empty() const;
};

// A string, a list of strings, a list of ids or a list of lists of ids.
Result<EmbeddingInput> read_input(const json::object& body, std::string_view field);

struct TokenOptions {
  Purpose purpose = Purpose::plain;  // its prompt is put in front of every text
  bool truncate = true;              // what is longer than the model takes; otherwise it is refused
  bool keeps_end = false;
  bool normalised = true;  // vectors of length 1
};

// What a request cost, for its headers.
struct Work {
  size_t characters = 0, tokens = 0;
  std::chrono::nanoseconds tokenising{0}, waited{0}, running{0};
};

struct Embedded {
  Matrix vectors;
  Work work;
};

struct ServedClassifier {
  ServedClassifier(std::unique_ptr<Classifier> opened, const BatcherOptions& options)
      : classifier(std::move(opened)), batcher(*classifier, options) {}

  const std::unique_ptr<Classifier> classifier;
  Batcher batcher;
};

class EmbeddingApi {
 public:
  EmbeddingApi(Engine& engine, const EmbeddingOptions& options);

  // A request whose path find_embedding_route() knows, with that method.
  HttpResponse handle(const HttpRequest& request, const EmbeddingRoute& route,
                      const std::vector<std::string>& segments);

  // The server's own model. Code::unavailable where there is none.
  Result<ServedModel*> own_model();
  Result<ServedModel*> model(std::string_view name);
  std::vector<std::string> model_names();

  // Opened at the first question. Code::not_found where none is served.
  Result<ServedClassifier*> classifier() EXCLUDES(classifier_mutex_);

  // The tokens of each text of `input`.
  static Result<std::vector<TokenisedText>> tokens(const Encoder& encoder, EmbeddingInput input,
                                                   const TokenOptions& options);
  Result<Embedded> embed(ServedModel& model, EmbeddingInput input, const TokenOptions& options,
                         const HttpRequest& request);
  // A row for each of the sequences, in the batches that all requests share.
  Result<Matrix> run(Batcher& batcher, std::span<const TokenSequence> sequences,
                     const HttpRequest& request, Work& work) const;
  Patience patience(const HttpRequest& request) const;

  const EmbeddingOptions& options() const { return options_; }

 private:
  Engine& engine_;
  const EmbeddingOptions options_;
  ModelSet models_;
  Mutex classifier_mutex_;
  std::unique_ptr<ServedClassifier> classifier_ GUARDED_BY(classifier_mutex_);
};

// What text-embeddings-inference tells of the work in headers.
void add_work_headers(HttpResponse& response, const Work& work,
                      std::chrono::steady_clock::time_point start);

std::span<const EmbeddingRoute> openai_routes();
std::span<const EmbeddingRoute> tei_routes();

}  // namespace penchant
