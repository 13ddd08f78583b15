#include "text/unigram_pieces.h"

#include <charconv>
#include <cmath>
#include <cstring>

#include "base/limits.h"
#include "base/utf8.h"
#include "text/package_score.h"

namespace penchant {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// RFC 8259, as far as the list needs it. Every method moves on only behind what it took.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}

  const char* at() const { return at_; }

  bool take(char c) {
    skip_space();
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  // The rest of a string behind its first quote. An escaped code point is left to others.
  bool string(std::string& out) {
    while (true) {
      const char* const begin = at_;
      while (at_ < end_ && *at_ != '"' && *at_ != '\\' && static_cast<unsigned char>(*at_) >= 0x20)
        ++at_;
      out.append(begin, at_);
      if (at_ == end_ || static_cast<unsigned char>(*at_) < 0x20) return false;
      if (*at_++ == '"') return true;
      static constexpr std::string_view escapes = "\"\\/bfnrt", meant = "\"\\/\b\f\n\r\t";
      const size_t which = at_ == end_ ? escapes.npos : escapes.find(*at_);
      if (which == escapes.npos) return false;
      out += meant[which];
      ++at_;
    }
  }

  bool number(double& score) {
    skip_space();
    const char* const begin = at_;
    const bool is_negative = at_ < end_ && *at_ == '-';
    if (is_negative) ++at_;
    const char* const first = at_;
    uint64_t digits = 0;
    if (!whole(digits) || (*first == '0' && at_ > first + 1)) return false;
    size_t count = static_cast<size_t>(at_ - first);
    int exponent = 0;
    if (at_ < end_ && *at_ == '.') {
      const char* const point = at_++;
      if (!whole(digits)) return false;
      exponent = static_cast<int>(point + 1 - at_);
      count += static_cast<size_t>(-exponent);
    }
    constexpr size_t count_max = 19;  // fit 64 bits
    if (count > count_max || (at_ < end_ && (*at_ == 'e' || *at_ == 'E')))
      return written(begin, score);
    score = package_score(digits, exponent);
    if (is_negative) score = -score;
    return true;
  }

 private:
  void skip_space() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }
  // At least one digit; the number may overflow.
  bool whole(uint64_t& digits) {
    const char* const begin = at_;
    for (; at_ < end_ && is_digit(*at_); ++at_)
      digits = digits * 10 + static_cast<uint64_t>(*at_ - '0');
    return at_ > begin;
  }
  // Behind the digits of one with an exponent, or too many of them.
  bool written(const char* begin, double& score) {
    if (at_ < end_ && (*at_ == 'e' || *at_ == 'E')) {
      ++at_;
      if (at_ < end_ && (*at_ == '+' || *at_ == '-')) ++at_;
      uint64_t ignored = 0;
      if (!whole(ignored)) return false;
    }
    double value = 0;
    const auto [read, error] = std::from_chars(begin, at_, value);
    if (error != std::errc() || read != at_ || !std::isfinite(value)) return false;
    score = package_score(value);
    return true;
  }

  const char* at_;
  const char* const end_;
};

// Behind the list's bracket, up to and with the last one.
bool scan_pieces(Scanner& scanner, UnigramPieces& out) {
  do {
    if (out.size() == limits::vocabulary_ids || !scanner.take('[') || !scanner.take('"') ||
        !scanner.string(out.texts) || !scanner.take(','))
      return false;
    out.ends.push_back(static_cast<uint32_t>(out.texts.size()));
    double score = 0;
    if (!scanner.number(score) || !scanner.take(']')) return false;
    out.scores.push_back(score);
  } while (scanner.take(','));
  return scanner.take(']');
}

// Each of them, which is more than all of them behind each other.
bool are_valid(const UnigramPieces& pieces) {
  if (utf8_invalid_at(pieces.texts) != std::string_view::npos) return false;
  for (const uint32_t end : pieces.ends)
    if (end < pieces.texts.size() && (pieces.texts[end] & 0xC0) == 0x80) return false;
  return true;
}

}  // namespace

std::optional<CutTokenizer> cut_unigram_pieces(std::string_view tokenizer_json) {
  constexpr std::string_view key = "\"vocab\"";
  for (size_t at = tokenizer_json.find(key); at != tokenizer_json.npos;
       at = tokenizer_json.find(key, at + 1)) {
    Scanner scanner(tokenizer_json.substr(at + key.size()));
    if (!scanner.take(':') || !scanner.take('[')) continue;
    const auto begin = static_cast<size_t>(scanner.at() - 1 - tokenizer_json.data());
    CutTokenizer out;
    if (!scan_pieces(scanner, out.pieces) || !are_valid(out.pieces)) return std::nullopt;
    const auto end = static_cast<size_t>(scanner.at() - tokenizer_json.data());
    out.json.reserve(tokenizer_json.size() - (end - begin) + cut_mark.size() + 2);
    out.json.append(tokenizer_json.substr(0, begin)).append("\"").append(cut_mark).append("\"");
    out.json.append(tokenizer_json.substr(end));
    return out;
  }
  return std::nullopt;
}

}  // namespace penchant
