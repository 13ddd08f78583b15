#include "engine/match.h"

#include <fmt/args.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/assets.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "encoder/encoder.h"
#include "engine/word_shares.h"
#include "math/kernels.h"
#include "mining/match_words.h"

namespace penchant {

namespace {

// The template `key` in a language, with {interest} and {words} filled in.
std::string sentence(std::string_view language, std::string_view key, std::string_view interest,
                     std::span<const std::string> words) {
  static const json::value all = *parse_json(assets::get("engine/match.json"), "match.json");
  const json::object& in_language = all.as_object().at(language == "zh" ? "zh" : "en").as_object();
  const auto text = [&](std::string_view name) {
    return std::string_view(in_language.at(name).as_string());
  };
  return fmt::format(fmt::runtime(text(key)), fmt::arg("interest", interest),
                     fmt::arg("words", fmt::to_string(fmt::join(words, text("joint")))));
}

// How far `cosine` lies on the way from unrelated (0) to identical (1).
double closeness_of(std::span<const float> text, double cosine, const Matrix& background) {
  double sum = 0;
  for (size_t i = 0; i < background.rows; ++i) sum += dot(text, background.row(i));
  const double unrelated = background.rows == 0 ? 0 : sum / double(background.rows);
  return (cosine - unrelated) / std::max(1e-3, 1 - unrelated);
}

constexpr double close_from = 0.35;
constexpr double far_below = 0.18;

std::string_view sentence_key(double closeness, bool has_words) {
  if (has_words) return "words";
  if (closeness >= close_from) return "close";
  return closeness < far_below ? "far" : "between";
}

// Adds the words' contributions to the answer, both ways for each of its interests. `user`: the
// interests' vector.
Result<> add_contributions(std::span<const std::string_view> texts, const Matrix& vectors,
                           std::span<const float> user, Encoder& encoder, json::object& answer) {
  TRY(const WordParts parts, split_vector(encoder, texts[0], Purpose::query, vectors.row(0)));
  answer["contributions"] =
      word_shares(texts[0], parts, user, answer.at("similarity").get_double());
  json::array& each = answer.at("interests").get_array();
  for (size_t i = 1; i < texts.size(); ++i) {
    json::object& entry = each[i - 1].get_object();
    const double cosine = entry.at("similarity").to_number<double>();
    TRY(const WordParts own, split_vector(encoder, texts[i], Purpose::query, vectors.row(i)));
    entry["contributions"] = word_shares(texts[0], parts, vectors.row(i), cosine);
    entry["interest_contributions"] = word_shares(texts[i], own, vectors.row(0), cosine);
  }
  return {};
}

}  // namespace

Result<json::object> match_text(std::string_view text, std::span<const std::string> interests,
                                const MatchOptions& options, Encoder& encoder,
                                const Matrix& background) {
  if (interests.empty()) return invalid("\"interests\" must name at least one interest");
  if (interests.size() > limits::list_values)
    return too_large(fmt::format("\"interests\" has {} entries, more than {}", interests.size(),
                                 limits::list_values));
  std::vector<std::string_view> texts = {text};
  for (const std::string& interest : interests) {
    TRY(check_utf8(interest, "\"interests\""));
    if (interest.empty()) return invalid("\"interests\" has an empty entry");
    texts.push_back(interest);
  }
  TRY(const Matrix vectors, encoder.encode(texts, Purpose::query));

  std::vector<float> user(vectors.cols);
  for (size_t i = 1; i < vectors.rows; ++i) axpy(1, vectors.row(i), user);
  const double length = std::sqrt(std::max(1e-30f, dot(user, user)));

  struct Share {
    double contribution;
    json::object reason;
  };
  std::vector<Share> shares;
  json::array each;
  double similarity = 0;
  for (size_t i = 1; i < vectors.rows; ++i) {
    const std::string& interest = interests[i - 1];
    const double cosine = dot(vectors.row(0), vectors.row(i));
    const auto words = matched_words(text, interest);
    const double contribution = cosine / length;
    similarity += contribution;
    const std::string_view key =
        sentence_key(closeness_of(vectors.row(0), cosine, background), !words.empty());
    json::array listed(words.begin(), words.end());
    each.push_back(json::object{{"interest", interest}, {"similarity", cosine}, {"words", listed}});
    shares.push_back(
        {contribution, json::object{{"kind", "interest"},
                                    {"contribution", contribution},
                                    {"text", sentence(options.language, key, interest, words)},
                                    {"interest", interest},
                                    {"words", std::move(listed)}}});
  }
  std::stable_sort(shares.begin(), shares.end(),
                   [](const Share& a, const Share& b) { return a.contribution > b.contribution; });
  json::array reasons;
  for (Share& share : shares) reasons.push_back(std::move(share.reason));
  json::object answer{
      {"similarity", similarity}, {"interests", std::move(each)}, {"reasons", std::move(reasons)}};
  if (options.contributions) {
    for (float& x : user) x = static_cast<float>(x / length);
    TRY(add_contributions(texts, vectors, user, encoder, answer));
  }
  return answer;
}

}  // namespace penchant
