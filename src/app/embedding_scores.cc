// POST /rerank and POST /predict of text-embeddings-inference, asked of the server's classifier.
#include <fmt/format.h>

#include <algorithm>

#include "app/embedding_tei.h"
#include "base/utf8.h"
#include "encoder/classifier.h"
#include "encoder/tokenise.h"
#include "text/tokenizer.h"

namespace penchant {

namespace {

using SteadyClock = std::chrono::steady_clock;

// One text, or two.
using Sequence = std::vector<std::string>;

json::value number(float value) { return vector_to_json({&value, 1})[0]; }

Result<std::vector<Encoding>> encode_all(const Classifier& classifier,
                                         std::span<const Sequence> sequences,
                                         const TokenOptions& options) {
  const size_t longest = classifier.max_tokens();
  const EncodeOptions encode{.max_tokens = options.truncate ? longest : size_t(1) << 30,
                             .keeps_end = options.keeps_end};
  const Tokenizer& tokenizer = classifier.tokenizer();
  std::vector<Encoding> out;
  for (const Sequence& one : sequences) {
    auto encoding = one.size() == 1 ? tokenizer.encode(one[0], encode)
                                    : tokenizer.encode_pair(one[0], one[1], encode);
    if (!encoding.ok()) return at_text(out.size(), encoding.error());
    if (encoding->ids.size() > longest)
      return invalid(fmt::format("`inputs` must have less than {} tokens. Given: {}", longest,
                                 encoding->ids.size()));
    out.push_back(*std::move(encoding));
  }
  return out;
}

// As the original has it whatever the model's folder says: a sigmoid of one label, a softmax of
// several.
ScoreFunction function_of(const Classifier& classifier, bool raw) {
  if (raw) return ScoreFunction::logits;
  return classifier.labels().size() == 1 ? ScoreFunction::sigmoid : ScoreFunction::softmax;
}

struct Scored {
  Matrix scores;  // a row for each sequence
  Work work;
};

Result<Scored> score_all(const EmbeddingApi& api, ServedClassifier& served,
                         std::span<const Sequence> sequences, const json::object& body,
                         const HttpRequest& request) {
  const SteadyClock::time_point start = SteadyClock::now();
  TRY(const auto raw, get_bool(body, "raw_scores"));
  TRY(const TokenOptions options, read_truncation(body));
  TRY(const auto encodings, encode_all(*served.classifier, sequences, options));
  Scored out;
  out.work.tokenising = SteadyClock::now() - start;
  for (const Sequence& one : sequences)
    for (const std::string& text : one) out.work.characters += utf8_length(text);
  std::vector<TokenSequence> tokens;
  tokens.reserve(encodings.size());
  for (const Encoding& one : encodings) tokens.push_back({one.ids, one.type_ids});
  TRY(out.scores, api.run(served.batcher, tokens, request, out.work));
  const ScoreFunction function = function_of(*served.classifier, raw.value_or(false));
  for (size_t i = 0; i < out.scores.rows; ++i) to_scores(function, out.scores.row(i));
  return out;
}

// Positions by falling score; of equal ones the later first, as the original has them.
std::vector<size_t> ranking(std::span<const float> scores) {
  std::vector<size_t> order(scores.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, [&](size_t a, size_t b) {
    return scores[a] != scores[b] ? scores[a] > scores[b] : a > b;
  });
  return order;
}

HttpResponse answer(const json::value& value, const Work& work, SteadyClock::time_point start) {
  HttpResponse response = json_response(to_text(value));
  add_work_headers(response, work, start);
  return response;
}

// Strings of one sequence.
Result<Sequence> read_sequence(const json::array& list) {
  Sequence out;
  for (const json::value& value : list) {
    if (!value.is_string()) return invalid(fmt::format("inputs: {} is no string", shown(value)));
    out.emplace_back(value.get_string());
  }
  if (out.empty() || out.size() > 2)
    return invalid(fmt::format("`inputs` contains {} strings, but expected 1 or 2", out.size()));
  return out;
}

struct PredictInput {
  std::vector<Sequence> sequences;
  bool is_batch = false;
};

// "text", ["text"], ["text", "pair"], or a list of such lists.
Result<PredictInput> read_predict_input(const json::object& body) {
  const json::value* inputs = body.if_contains("inputs");
  if (inputs != nullptr && inputs->is_string())
    return PredictInput{{{std::string(inputs->get_string())}}, false};
  if (inputs == nullptr || !inputs->is_array())
    return invalid("inputs: must be a string, a pair of strings or a list of them");
  const json::array& list = inputs->get_array();
  PredictInput out;
  out.is_batch = list.empty() || list[0].is_array();
  if (!out.is_batch) {
    TRY(Sequence one, read_sequence(list));
    out.sequences.push_back(std::move(one));
    return out;
  }
  for (const json::value& value : list) {
    if (!value.is_array()) return invalid(fmt::format("inputs: {} is no list", shown(value)));
    TRY(Sequence one, read_sequence(value.get_array()));
    out.sequences.push_back(std::move(one));
  }
  return out;
}

json::array predictions(std::span<const float> scores, const std::vector<std::string>& labels) {
  json::array out;
  for (const size_t i : ranking(scores))
    out.push_back(json::object{{"score", number(scores[i])}, {"label", labels[i]}});
  return out;
}

}  // namespace

Result<HttpResponse> tei_rerank(EmbeddingApi& api, const HttpRequest& request,
                                const json::object& body, std::string_view) {
  const auto start = SteadyClock::now();
  TRY(auto query, get_string(body, "query"));
  if (!query) return invalid("query: is missing");
  TRY(auto texts, get_strings(body, "texts"));
  if (texts.empty()) return tei_empty("texts");
  TRY(const auto return_text, get_bool(body, "return_text"));
  if (api.options().classifier_labels.size() != 1)
    return tei_backend("model is not a re-ranker model");
  TRY(check_client_batch(api, texts.size()));
  TRY(ServedClassifier * served, api.classifier());
  std::vector<Sequence> pairs;
  for (const std::string& text : texts) pairs.push_back({*query, text});
  TRY(const Scored scored, score_all(api, *served, pairs, body, request));
  const std::span<const float> scores = scored.scores.values;
  json::array out;
  for (const size_t i : ranking(scores)) {
    json::object rank{{"index", i}};
    if (return_text.value_or(false)) rank["text"] = texts[i];
    rank["score"] = number(scores[i]);
    out.push_back(std::move(rank));
  }
  return answer(out, scored.work, start);
}

Result<HttpResponse> tei_predict(EmbeddingApi& api, const HttpRequest& request,
                                 const json::object& body, std::string_view) {
  const auto start = SteadyClock::now();
  TRY(const PredictInput input, read_predict_input(body));
  if (input.sequences.empty()) return tei_empty("inputs");
  if (api.options().classifier_labels.empty())
    return tei_backend("model is not a classifier model");
  TRY(check_client_batch(api, input.sequences.size()));
  TRY(ServedClassifier * served, api.classifier());
  TRY(const Scored scored, score_all(api, *served, input.sequences, body, request));
  json::array out;
  for (size_t i = 0; i < scored.scores.rows; ++i)
    out.push_back(predictions(scored.scores.row(i), served->classifier->labels()));
  return input.is_batch ? answer(out, scored.work, start) : answer(out[0], scored.work, start);
}

}  // namespace penchant
