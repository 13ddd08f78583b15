#include "text/pattern.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "text/tokenizer_json.h"

namespace penchant {

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
  pattern.what_ = std::string(text);
  return pattern;
}

Result<Pattern> Pattern::regex(std::string_view text) {
  TRY(Regex expression, Regex::parse(text));
  Pattern pattern;
  pattern.what_ = std::move(expression);
  return pattern;
}

bool Pattern::find(std::string_view text, size_t from, Match& match, size_t& steps) const {
  if (const auto* expression = std::get_if<Regex>(&what_))
    return expression->find(text, from, match, steps);
  const std::string& string = *std::get_if<std::string>(&what_);
  const size_t found = string.size() == 1 ? text.find(string[0], from) : text.find(string, from);
  match = {found, found + string.size()};
  return found != std::string_view::npos;
}

}  // namespace penchant
