#include "mining/word_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "base/utf8.h"
#include "text/tokenizer.h"

namespace penchant {

namespace {

// Apart by more, a vector is another sum than the one taken apart. Rounding stays far below.
constexpr double rounding_most = 1e-4;

struct TokenParts {
  Matrix states;             // [tokens, dimensions], weighted
  std::vector<Span> places;  // of each token in the text, in bytes; empty: none
};

Error no_sum(const Encoder& encoder, std::string_view why) {
  return invalid(
      fmt::format("contributions: the vectors of {} are no sums over the words of a text ({})",
                  encoder.name(), why));
}

// Where the tokens lie behind a prompt of so many bytes.
std::vector<Span> places_of(const Encoding& encoding, size_t prompt) {
  std::vector<Span> places;
  const auto behind = [&](uint32_t at) {
    return at > prompt ? at - static_cast<uint32_t>(prompt) : 0;
  };
  for (size_t t = 0; t < encoding.ids.size(); ++t) {
    const Span place = encoding.offsets[t];
    const bool added = encoding.sequence_ids[t] < 0;
    places.push_back(added ? Span() : Span{behind(place.begin), behind(place.end)});
  }
  return places;
}

// Static vectors: token_states() of all tokens leaves out those that do not count; one by one tells
// which.
Result<TokenParts> static_parts(Encoder& encoder, const Encoding& encoding) {
  const std::vector<Span> places = places_of(encoding, 0);
  TokenParts out;
  out.states.cols = encoder.dimensions();
  for (size_t t = 0; t < places.size() && out.places.size() < encoder.max_tokens(); ++t) {
    TRY(const Matrix state, encoder.token_states({&encoding.ids[t], 1}));
    if (state.rows == 0) continue;
    out.states.values.insert(out.states.values.end(), state.values.begin(), state.values.end());
    out.places.push_back(places[t]);
  }
  out.states.rows = out.places.size();
  return out;
}

Result<TokenParts> token_parts(Encoder& encoder, std::string_view text, Purpose purpose) {
  const Tokenizer* const tokenizer = encoder.tokenizer();
  if (tokenizer == nullptr) return no_sum(encoder, "it is a file of word vectors");
  if (!encoder.adds_special_tokens()) {
    TRY(const Encoding encoding, tokenizer->encode(text, {.add_special_tokens = false}));
    return static_parts(encoder, encoding);
  }
  const std::string_view prompt = encoder.prompt(purpose);
  TRY(const Encoding encoding,
      tokenizer->encode(std::string(prompt).append(text), {.max_tokens = encoder.max_tokens()}));
  const std::vector<float> weights = encoder.token_weights(encoding.ids.size());
  if (weights.empty() && !encoding.ids.empty())
    return no_sum(encoder, "the model pools by one token or by the largest of every column");
  TRY(Matrix states, encoder.token_states(encoding.ids));
  for (size_t t = 0; t < states.rows; ++t)
    for (float& x : states.row(t)) x *= weights[t];
  return TokenParts{std::move(states), places_of(encoding, prompt.size())};
}

size_t common_bytes(Span token, const Word& word) {
  const uint32_t begin = std::max(token.begin, word.begin), end = std::min(token.end, word.end);
  return end > begin ? end - begin : 0;
}

}  // namespace

Result<WordParts> split_vector(Encoder& encoder, std::string_view text, Purpose purpose,
                               std::span<const float> vector) {
  TRY(check_utf8(text, "text"));
  TRY(const TokenParts tokens, token_parts(encoder, text, purpose));
  const size_t dimensions = tokens.states.cols;
  uint32_t read = 0;
  for (const Span place : tokens.places) read = std::max(read, place.end);
  WordParts out;
  out.words = split_words(text);
  std::erase_if(out.words, [&](const Word& word) { return word.begin >= read; });

  std::vector<double> sum(dimensions), parts(out.words.size() * dimensions);
  for (size_t t = 0; t < tokens.states.rows; ++t) {
    const std::span<const float> state = tokens.states.row(t);
    for (size_t i = 0; i < dimensions; ++i) sum[i] += double{state[i]};
    const Span place = tokens.places[t];
    const auto first = std::partition_point(out.words.begin(), out.words.end(),
                                            [&](const Word& w) { return w.end <= place.begin; });
    size_t common = 0;
    for (auto word = first; word != out.words.end() && word->begin < place.end; ++word)
      common += common_bytes(place, *word);
    for (auto word = first; word != out.words.end() && word->begin < place.end; ++word) {
      const double share = double(common_bytes(place, *word)) / double(std::max<size_t>(common, 1));
      double* const part = parts.data() + size_t(word - out.words.begin()) * dimensions;
      for (size_t i = 0; i < dimensions; ++i) part[i] += share * double{state[i]};
    }
  }
  double square = 0;
  for (const double x : sum) square += x * x;
  const double scale = square > 0 ? 1 / std::sqrt(square) : 0;
  bool is_sum = vector.size() == dimensions;
  for (size_t i = 0; i < dimensions && is_sum; ++i)
    is_sum = std::abs(sum[i] * scale - double{vector[i]}) < rounding_most;
  if (!is_sum) return no_sum(encoder, "they are weighted by attention, or changed behind the sum");
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
