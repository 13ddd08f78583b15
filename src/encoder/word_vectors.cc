#include "encoder/word_vectors.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/limits.h"
#include "base/log.h"
#include "base/utf8.h"
#include "text/words.h"

namespace penchant {

namespace {

constexpr uint64_t warnings_max = 5;

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trimmed(std::string_view line) {
  while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
  return line;
}

// Cuts the last field off `line`, with the blank in front of it.
std::string_view take_last(std::string_view& line) {
  line = trimmed(line);
  size_t begin = line.size();
  while (begin > 0 && !is_blank(line[begin - 1])) --begin;
  const std::string_view field = line.substr(begin);
  line.remove_suffix(line.size() - begin);
  return field;
}

template <class Number>
bool parse_whole(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

struct Header {
  uint64_t words = 0, dimensions = 0;
};

std::optional<Header> parse_header(std::string_view line) {
  Header header;
  const std::string_view second = take_last(line), first = take_last(line);
  if (!line.empty() || !parse_whole(second, header.dimensions) || !parse_whole(first, header.words))
    return std::nullopt;
  return header;
}

size_t count_fields(std::string_view line) {
  size_t count = 0;
  while (!take_last(line).empty()) ++count;
  return count;
}

class Reader {
 public:
  Reader(const Path& path, LineReader lines) : path_(path.string()), lines_(std::move(lines)) {}

  Result<WordVectors> read() {
    std::string_view line;
    while (true) {
      auto more = lines_.next(line);
      if (!more.ok()) return std::move(more).error();
      if (!*more) break;
      if (trimmed(line).empty()) continue;
      TRY(read_line(line));
    }
    if (dimensions_ == 0) return invalid(path_ + ": no word vectors");
    const uint64_t lines = result_.rows.size() + result_.skipped;
    if (header_.has_value() && lines < header_->words)
      return invalid(
          fmt::format("{}: {} words, but its first line says {}", path_, lines, header_->words));
    if (result_.skipped > warnings_max)
      log(LogLevel::warning, fmt::format("{}: {} lines skipped", path_, result_.skipped));
    result_.vectors.rows = result_.rows.size();
    result_.vectors.cols = dimensions_;
    result_.vectors.values = std::move(values_);
    return std::move(result_);
  }

 private:
  std::string place() const { return fmt::format("{}:{}", path_, lines_.line_number()); }

  Result<> read_line(std::string_view line) {
    if (dimensions_ == 0) {
      if (!header_.has_value() && (header_ = parse_header(line)).has_value())
        return set_dimensions(header_->dimensions);
      TRY(set_dimensions(count_fields(line) - 1));
    }
    if (result_.rows.size() >= limits::word_vectors)
      return too_large(fmt::format("{}: more than {} words", place(), limits::word_vectors));
    return add(line);
  }

  Result<> set_dimensions(size_t dimensions) {
    if (dimensions < 1 || dimensions > limits::vector_dimensions)
      return invalid(fmt::format("{}: vectors of {} dimensions, not 1..{}", place(), dimensions,
                                 limits::vector_dimensions));
    dimensions_ = dimensions;
    return {};
  }

  // The numbers are the last fields: words of GloVe's web vectors contain spaces.
  Result<> add(std::string_view line) {
    const size_t old_size = values_.size();
    values_.resize(old_size + dimensions_);
    const size_t fields = count_fields(line);
    if (fields <= dimensions_)
      return invalid(fmt::format("{}: {} fields, expected a word and {} numbers", place(), fields,
                                 dimensions_));
    for (size_t i = dimensions_; i-- > 0;) {
      const std::string_view field = take_last(line);
      float& value = values_[old_size + i];
      if (!parse_whole(field, value) || !std::isfinite(value))
        return invalid(fmt::format("{}: \"{}\" is not a number", place(), field.substr(0, 40)));
    }
    const std::string_view word = trimmed(line);
    if (utf8_invalid_at(word) != std::string_view::npos) {
      skip("the word is not valid UTF-8", old_size);
    } else if (!result_.rows.emplace(word, static_cast<uint32_t>(result_.rows.size())).second) {
      skip(fmt::format("\"{}\" comes again", word), old_size);
    }
    return {};
  }

  void skip(std::string_view reason, size_t old_size) {
    values_.resize(old_size);
    if (++result_.skipped <= warnings_max)
      log(LogLevel::warning, fmt::format("{}: {}, skipped", place(), reason));
  }

  std::string path_;
  LineReader lines_;
  std::optional<Header> header_;
  size_t dimensions_ = 0;
  std::vector<float> values_;
  WordVectors result_;
};

}  // namespace

Result<WordVectors> read_word_vectors(const Path& path) {
  TRY(LineReader lines, LineReader::open(path));
  return Reader(path, std::move(lines)).read();
}

std::vector<WordVectors::Found> WordVectors::find(std::string_view text) const {
  std::vector<Found> found;
  const auto look_up = [&](size_t begin, size_t end) {
    const std::string_view word = text.substr(begin, end - begin);
    auto at = rows.find(word);
    if (at == rows.end()) at = rows.find(fold(word));
    if (at != rows.end())
      found.push_back({at->second, {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)}});
    return at != rows.end();
  };
  for (const Word& word : split_words(text)) {
    if (look_up(word.begin, word.end) || !word.is_han) continue;
    for (size_t at = word.begin, begin = at; at < word.end; begin = at) {
      utf8_next(text, at);
      look_up(begin, at);
    }
  }
  return found;
}

}  // namespace penchant
