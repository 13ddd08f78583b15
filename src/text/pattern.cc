#include "text/pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/limits.h"
#include "base/utf8.h"
#include "text/tokenizer_json.h"
#include "text/unicode_tables.h"

namespace penchant {

namespace {

constexpr size_t unlimited = std::numeric_limits<size_t>::max();
constexpr size_t repetitions_max = 1'000;
constexpr size_t regex_bytes_max = 256;

}  // namespace

bool Pattern::Class::holds(char32_t c) const {
  const CodePoint properties = UnicodeTables::get()[c];
  bool found = properties.is(flags);
  for (size_t i = 0; i < ranges.size() && !found; ++i)
    found = ranges[i].first <= c && c <= ranges[i].second;
  for (size_t i = 0; i < flags_not_held.size() && !found; ++i)
    found = !properties.is(flags_not_held[i]);
  return found != is_negated;
}

// Reads the expression from left to right; whatever is not known ends it with an error.
class Pattern::Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Pattern> parse() {
    if (text_.size() > regex_bytes_max)
      return too_large(fmt::format("regular expression of {} bytes, more than {}", text_.size(),
                                   regex_bytes_max));
    Pattern pattern;
    while (at_ < text_.size()) {
      if (has_quantifier_) return unknown("something behind a repetition");
      Class next;
      TRY(parse_class(next));
      pattern.classes_.push_back(std::move(next));
      TRY(parse_quantifier(pattern));
    }
    if (pattern.classes_.empty()) return invalid("regular expression is empty");
    if (pattern.classes_.size() == 1 && pattern.last_at_least_ == 0)
      return unknown("what can match nothing");
    return pattern;
  }

 private:
  Error unknown(std::string_view what) const {
    return invalid(fmt::format(
        "regular expression \"{}\" has {} at byte {}, which is not supported", text_, what, at_));
  }

  bool take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  Result<> parse_class(Class& out) {
    const char c = text_[at_];
    if (c == '[') return parse_set(out);
    if (c == '\\') return parse_escape(out);
    if (c == '.') {
      ++at_;
      out.is_negated = true;
      out.ranges.push_back({'\n', '\n'});
      return {};
    }
    if (std::string_view("^$*+?(){}|]").find(c) != std::string_view::npos)
      return unknown(fmt::format("\"{}\"", c));
    const char32_t literal = utf8_next(text_, at_);
    out.ranges.push_back({literal, literal});
    return {};
  }

  // \s and its kind, or one character.
  Result<> parse_escape(Class& out) {
    ++at_;
    if (at_ == text_.size()) return unknown("nothing behind its last \"\\\"");
    const char c = text_[at_];
    const auto flag = [&](uint32_t holds, uint32_t does_not_hold) {
      ++at_;
      out.flags |= holds;
      if (does_not_hold != 0) out.flags_not_held.push_back(does_not_hold);
      return Result<>();
    };
    switch (c) {
      case 's':
        return flag(CodePoint::space, 0);
      case 'S':
        return flag(0, CodePoint::space);
      case 'd':
        return flag(CodePoint::regex_digit, 0);
      case 'D':
        return flag(0, CodePoint::regex_digit);
      case 'w':
        return flag(CodePoint::regex_word, 0);
      case 'W':
        return flag(0, CodePoint::regex_word);
      default:
        break;
    }
    char32_t literal = 0;
    TRY(parse_escaped_character(literal));
    out.ranges.push_back({literal, literal});
    return {};
  }

  Result<> parse_escaped_character(char32_t& out) {
    const char c = text_[at_];
    const bool is_letter_or_digit =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (c == 'n') {
      out = '\n';
    } else if (c == 'r') {
      out = '\r';
    } else if (c == 't') {
      out = '\t';
    } else if (is_letter_or_digit) {
      return unknown(fmt::format("\"\\{}\"", c));
    } else {
      out = utf8_next(text_, at_);
      return {};
    }
    ++at_;
    return {};
  }

  Result<> parse_set(Class& out) {
    ++at_;
    out.is_negated = take('^');
    if (at_ < text_.size() && text_[at_] == ']') return unknown("a class that starts with \"]\"");
    while (!take(']')) {
      if (at_ == text_.size()) return unknown("a class without its end");
      if (text_[at_] == '[' || text_.substr(at_, 2) == "&&") return unknown("a class in a class");
      const size_t known = out.ranges.size();
      if (text_[at_] == '\\') {
        TRY(parse_escape(out));
      } else {
        const char32_t c = utf8_next(text_, at_);
        out.ranges.push_back({c, c});
      }
      const bool is_range = at_ + 1 < text_.size() && text_[at_] == '-' && text_[at_ + 1] != ']';
      if (is_range) TRY(parse_range_end(out, known));
    }
    return {};
  }

  Result<> parse_range_end(Class& out, size_t known) {
    if (out.ranges.size() != known + 1) return unknown("a range that starts with a class");
    ++at_;
    char32_t last = 0;
    if (text_[at_] == '\\') {
      ++at_;
      if (at_ == text_.size()) return unknown("nothing behind its last \"\\\"");
      TRY(parse_escaped_character(last));
    } else if (text_[at_] == '[') {
      return unknown("a class in a class");
    } else {
      last = utf8_next(text_, at_);
    }
    if (last < out.ranges.back().first) return unknown("a range that goes back");
    out.ranges.back().second = last;
    return {};
  }

  // + * ? {n} {n,} {n,m}, all greedy.
  Result<> parse_quantifier(Pattern& pattern) {
    size_t& least = pattern.last_at_least_;
    size_t& most = pattern.last_at_most_;
    if (take('+')) {
      most = unlimited;
    } else if (take('*')) {
      least = 0, most = unlimited;
    } else if (take('?')) {
      least = 0;
    } else if (take('{')) {
      TRY(parse_number(least));
      most = least;
      if (take(',')) {
        most = unlimited;
        if (at_ < text_.size() && text_[at_] != '}') TRY(parse_number(most));
      }
      if (!take('}')) return unknown("a repetition without its end");
      if (most < least || most == 0) return unknown("a repetition that cannot be");
    } else {
      return {};
    }
    has_quantifier_ = true;
    return {};
  }

  Result<> parse_number(size_t& out) {
    const size_t begin = at_;
    for (out = 0; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      out = out * 10 + static_cast<size_t>(text_[at_] - '0');
      if (out > repetitions_max) return unknown("too large a number of repetitions");
    }
    if (at_ == begin) return unknown("a repetition without its number");
    return {};
  }

  std::string_view text_;
  size_t at_ = 0;
  bool has_quantifier_ = false;
};

Result<Pattern> Pattern::parse(const JsonView& json) {
  const auto string = json.find("String"), regular = json.find("Regex");
  if (string.has_value() == regular.has_value())
    return json.error("must have either a \"String\" or a \"Regex\"");
  const JsonView& place = string ? *string : *regular;
  TRY(const std::string_view text, place.text());
  auto pattern = string ? literal(text) : regex(text);
  if (!pattern.ok()) return place.error(fmt::format("is refused: {}", pattern.error().message));
  return pattern;
}

Result<Pattern> Pattern::literal(std::string_view text) {
  if (text.empty()) return invalid("an empty string cannot be searched for");
  if (text.size() > limits::token_bytes)
    return too_large(fmt::format("string to search for of {} bytes, more than {}", text.size(),
                                 limits::token_bytes));
  Pattern pattern;
  pattern.literal_ = text;
  return pattern;
}

Result<Pattern> Pattern::regex(std::string_view text) { return Parser(text).parse(); }

bool Pattern::match_at(std::string_view text, size_t begin, size_t& end) const {
  end = begin;
  for (size_t i = 0; i + 1 < classes_.size(); ++i)
    if (end == text.size() || !classes_[i].holds(utf8_next(text, end))) return false;
  size_t count = 0;
  while (count < last_at_most_ && end < text.size()) {
    size_t next = end;
    if (!classes_.back().holds(utf8_next(text, next))) break;
    end = next;
    ++count;
  }
  return count >= last_at_least_;
}

bool Pattern::find(std::string_view text, size_t from, Match& match) const {
  if (classes_.empty()) {
    const size_t found = text.find(literal_, from);
    match = {found, found + literal_.size()};
    return found != std::string_view::npos;
  }
  for (size_t begin = from; begin < text.size();) {
    size_t end = 0;
    if (match_at(text, begin, end)) {
      match = {begin, end};
      return true;
    }
    // A run too short for one class is too short wherever in it one starts.
    if (classes_.size() == 1 && end > begin) {
      begin = end;
    } else {
      utf8_next(text, begin);
    }
  }
  return false;
}

}  // namespace penchant
