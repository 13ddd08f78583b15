#include "store/python_literal.h"

#include <fmt/format.h>

#include <charconv>
#include <string>

#include "base/limits.h"
#include "base/utf8.h"

namespace penchant {

namespace {

class Parser {
 public:
  Parser(std::string_view text, std::string_view place) : text_(text), place_(place) {}

  Result<json::value> whole() {
    TRY(json::value result, value(0));
    space();
    if (at_ < text_.size()) return fail("text behind the end of the value");
    return result;
  }

 private:
  Error fail(std::string_view reason) const {
    return invalid(fmt::format("{}: not a Python literal at byte {}: {}", place_, at_, reason));
  }

  void space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != text_.npos) ++at_;
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool take(char c) {
    space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool take(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  Result<json::value> value(size_t depth) {
    if (depth > limits::json_depth) return fail("nested too deep");
    space();
    const char c = peek();
    if (c == '{') return dict(depth);
    if (c == '[') return list(depth, ']');
    if (c == '(') return list(depth, ')');
    if (c == '\'' || c == '"' || c == 'u') {
      TRY(const std::string text, string());
      return json::value(text);
    }
    if (take("True")) return json::value(true);
    if (take("False")) return json::value(false);
    if (take("None")) return json::value(nullptr);
    return number();
  }

  Result<json::value> dict(size_t depth) {
    json::object object;
    ++at_;
    while (!take('}')) {
      TRY(const std::string key, string());
      if (!take(':')) return fail("a colon is missing");
      TRY(object[key], value(depth + 1));
      if (!take(',') && peek() != '}') return fail("a comma or } is missing");
    }
    return json::value(std::move(object));
  }

  Result<json::value> list(size_t depth, char close) {
    json::array array;
    ++at_;
    while (!take(close)) {
      TRY(json::value entry, value(depth + 1));
      array.push_back(std::move(entry));
      if (!take(',') && peek() != close) return fail("a comma or bracket is missing");
    }
    return json::value(std::move(array));
  }

  Result<json::value> number() {
    const size_t start = at_;
    while (at_ < text_.size() && std::string_view("+-.0123456789eE").find(text_[at_]) != text_.npos)
      ++at_;
    const char* begin = text_.data() + start;
    const char* end = text_.data() + at_;
    if (begin == end) return fail("no value starts here");
    int64_t whole = 0;
    if (auto [stop, error] = std::from_chars(begin, end, whole);
        error == std::errc() && stop == end) {
      (void)(take("L") || take("l"));  // a long of Python 2
      return json::value(whole);
    }
    double number = 0;
    const auto [stop, error] = std::from_chars(begin, end, number);
    if (error != std::errc() || stop != end) {
      at_ = start;
      return fail("not a number");
    }
    return json::value(number);
  }

  Result<std::string> string() {
    space();
    (void)take("u");
    const char quote = peek();
    if (quote != '\'' && quote != '"') return fail("a string is missing");
    ++at_;
    std::string out;
    while (true) {
      if (at_ >= text_.size()) return fail("a string is not closed");
      const char c = text_[at_++];
      if (c == quote) return out;
      if (c != '\\') {
        out += c;
        continue;
      }
      TRY(escape(out));
    }
  }

  // Behind a backslash.
  Result<> escape(std::string& out) {
    if (at_ >= text_.size()) return fail("a string is not closed");
    const char c = text_[at_++];
    constexpr std::string_view names = "\\'\"abfnrtv";
    constexpr std::string_view bytes = "\\'\"\a\b\f\n\r\t\v";
    if (const size_t named = names.find(c); named != std::string_view::npos) {
      out += bytes[named];
      return {};
    }
    if (c == 'x') return code_point(out, 2);
    if (c == 'u') return code_point(out, 4);
    if (c == 'U') return code_point(out, 8);
    if (c >= '0' && c <= '7') return octal(out, c);
    out += '\\';  // as Python does with escapes it does not know
    out += c;
    return {};
  }

  Result<> code_point(std::string& out, size_t digits) {
    char32_t code = 0;
    TRY(code, hex(digits));
    // Narrow builds of Python 2 wrote pairs of surrogates.
    if (code >= 0xD800 && code < 0xDC00 && take("\\u")) {
      TRY(const char32_t low, hex(4));
      if (low < 0xDC00 || low > 0xDFFF) return fail("half a surrogate pair");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return fail("no such character");
    utf8_append(out, code);
    return {};
  }

  Result<char32_t> hex(size_t digits) {
    if (text_.size() - at_ < digits) return fail("an escape is cut short");
    uint32_t code = 0;
    const char* begin = text_.data() + at_;
    const auto [stop, error] = std::from_chars(begin, begin + digits, code, 16);
    if (error != std::errc() || stop != begin + digits) return fail("an escape is not hexadecimal");
    at_ += digits;
    return static_cast<char32_t>(code);
  }

  Result<> octal(std::string& out, char first) {
    char32_t code = static_cast<char32_t>(first - '0');
    for (int i = 0; i < 2 && peek() >= '0' && peek() <= '7'; ++i)
      code = code * 8 + static_cast<char32_t>(text_[at_++] - '0');
    utf8_append(out, code);
    return {};
  }

  std::string_view text_, place_;
  size_t at_ = 0;
};

}  // namespace

Result<json::value> parse_python(std::string_view text, std::string_view place) {
  TRY(check_utf8(text, place));
  return Parser(text, place).whole();
}

}  // namespace penchant
