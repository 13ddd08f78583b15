#include "mining/word_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "base/utf8.h"
#include "text/tokenizer.h"

namespace penchant {

namespace {

// Apart by more, a vector is another than the one taken apart. Rounding stays far below.
constexpr double rounding_most = 1e-4;

size_t common_bytes(Span token, const Word& word) {
  const uint32_t begin = std::max(token.begin, word.begin), end = std::min(token.end, word.end);
  return end > begin ? end - begin : 0;
}

}  // namespace

Result<WordParts> split_vector(Encoder& encoder, std::string_view text, Purpose purpose,
                               std::span<const float> vector) {
  TRY(check_utf8(text, "text"));
  TRY(const TokenisedText tokens, encoder.read(text, purpose));
  const auto split = encoder.token_parts(tokens.sequence());
  if (!split.ok()) return Error{split.error().code, "contributions: " + split.error().message};
  CHECK(split->rows == tokens.ids.size() + 1, "a part for each token, and one for none");
  const size_t dimensions = split->cols;
  WordParts out;
  out.words = split_words(text);
  if (tokens.ids.size() >= encoder.max_tokens()) {
    uint32_t read = 0;
    for (const Span place : tokens.places) read = std::max(read, place.end);
    std::erase_if(out.words, [&](const Word& word) { return word.begin >= read; });
  }

  std::vector<double> sum(dimensions), parts(out.words.size() * dimensions);
  for (size_t t = 0; t < split->rows; ++t) {
    const std::span<const float> token = split->row(t);
    for (size_t i = 0; i < dimensions; ++i) sum[i] += double{token[i]};
    const Span place = t < tokens.places.size() ? tokens.places[t] : Span();
    const auto first = std::partition_point(out.words.begin(), out.words.end(),
                                            [&](const Word& w) { return w.end <= place.begin; });
    size_t common = 0;
    for (auto word = first; word != out.words.end() && word->begin < place.end; ++word)
      common += common_bytes(place, *word);
    for (auto word = first; word != out.words.end() && word->begin < place.end; ++word) {
      const double share = double(common_bytes(place, *word)) / double(std::max<size_t>(common, 1));
      double* const part = parts.data() + size_t(word - out.words.begin()) * dimensions;
      for (size_t i = 0; i < dimensions; ++i) part[i] += share * double{token[i]};
    }
  }
  double square = 0;
  for (const double x : sum) square += x * x;
  const double scale = square > 0 ? 1 / std::sqrt(square) : 0;
  bool is_sum = vector.size() == dimensions;
  for (size_t i = 0; i < dimensions && is_sum; ++i)
    is_sum = std::abs(sum[i] * scale - double{vector[i]}) < rounding_most;
  if (!is_sum)
    return invalid(fmt::format("contributions: the vector is not the one that {} gives this text",
                               encoder.name()));
  out.parts = Matrix(out.words.size(), dimensions);
  std::ranges::transform(parts, out.parts.values.begin(),
                         [&](double x) { return static_cast<float>(x * scale); });
  return out;
}

std::vector<double> contributions(const WordParts& parts, std::span<const float> direction,
                                  double total) {
  std::vector<double> out;
  double rest = total;
  for (size_t word = 0; word < parts.parts.rows; ++word) {
    const std::span<const float> part = parts.parts.row(word);
    double product = 0;
    for (size_t i = 0; i < part.size(); ++i) product += double{part[i]} * double{direction[i]};
    out.push_back(product);
    rest -= product;
  }
  out.push_back(rest);
  return out;
}

}  // namespace penchant
