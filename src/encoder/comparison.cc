#include "encoder/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

#include "base/limits.h"
#include "base/text_lines.h"
#include "math/kernels.h"
#include "math/rank_correlation.h"

namespace penchant {

namespace {

Result<ScoredPair> parse_pair(std::string_view line, std::string_view place) {
  const size_t first = line.find('\t');
  const size_t second = first == line.npos ? line.npos : line.find('\t', first + 1);
  if (second == line.npos)
    return invalid(fmt::format("{}: not a text, a text and a score with tabs between", place));
  ScoredPair pair{std::string(line.substr(0, first)),
                  std::string(line.substr(first + 1, second - first - 1)), 0};
  std::string_view score = line.substr(second + 1);
  if (score.ends_with('\r')) score.remove_suffix(1);
  const auto [end, error] = std::from_chars(score.data(), score.data() + score.size(), pair.score);
  if (error != std::errc() || end != score.data() + score.size() || pair.score - pair.score != 0)
    return invalid(fmt::format("{}: the score {} is no number", place, score));
  return pair;
}

}  // namespace

Result<std::vector<ScoredPair>> read_scored_pairs(const Path& file) {
  TRY(const auto lines, read_text_lines(file, limits::fitted_texts, "pairs"));
  std::vector<ScoredPair> pairs;
  for (const TextLine& line : lines) {
    TRY(pairs.emplace_back(),
        parse_pair(line.text, fmt::format("{}:{}", file.string(), line.number)));
  }
  if (pairs.size() < 2) return invalid(fmt::format("{}: fewer than two pairs", file.string()));
  return pairs;
}

Result<double> agreement_with_people(Encoder& encoder, std::span<const ScoredPair> pairs) {
  std::vector<std::string_view> texts;
  std::vector<double> scores, cosines;
  for (const ScoredPair& pair : pairs) {
    texts.insert(texts.end(), {pair.first, pair.second});
    scores.push_back(pair.score);
  }
  TRY(const Matrix vectors, encoder.encode(texts, Purpose::query));
  for (size_t i = 0; i < texts.size(); i += 2)
    cosines.push_back(dot(vectors.row(i), vectors.row(i + 1)));
  return spearman(cosines, scores);
}

Result<TimedVectors> encode_timed(Encoder& encoder, std::span<const std::string_view> texts) {
  using Clock = std::chrono::steady_clock;
  TimedVectors out;
  for (int pass = 0; pass < 3; ++pass) {
    const auto begin = Clock::now();
    TRY(out.vectors, encoder.encode(texts, Purpose::query));
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    out.texts_per_second =
        std::max(out.texts_per_second, static_cast<double>(texts.size()) / seconds);
  }
  return out;
}

std::vector<double> neighbour_cosines(const Matrix& vectors) {
  std::vector<double> cosines;
  for (size_t i = 0; i + 1 < vectors.rows; ++i)
    cosines.push_back(dot(vectors.row(i), vectors.row(i + 1)));
  return cosines;
}

}  // namespace penchant
