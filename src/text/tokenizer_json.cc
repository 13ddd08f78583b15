#include "text/tokenizer_json.h"

#include <fmt/format.h>

#include <cmath>

#include "base/utf8.h"

namespace penchant {

namespace {

std::string_view kind_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "true or false";
    case json::kind::string:
      return "a string";
    case json::kind::array:
      return "a list";
    case json::kind::object:
      return "an object";
    default:
      return "a number";
  }
}

}  // namespace

Error JsonView::error(std::string_view sentence) const {
  return invalid(fmt::format("{}: {}{}{}", place_, path_, path_.empty() ? "" : " ", sentence));
}

Result<const json::object*> JsonView::object() const {
  if (const auto* object = value_->if_object()) return object;
  return error(fmt::format("must be an object, not {}", kind_of(*value_)));
}

Result<const json::array*> JsonView::list() const {
  if (const auto* list = value_->if_array()) return list;
  return error(fmt::format("must be a list, not {}", kind_of(*value_)));
}

Result<std::string_view> JsonView::text() const {
  if (const auto* text = value_->if_string()) return std::string_view(text->data(), text->size());
  return error(fmt::format("must be a string, not {}", kind_of(*value_)));
}

Result<char32_t> JsonView::character() const {
  TRY(const std::string_view characters, text());
  size_t at = 0;
  const char32_t c = characters.empty() ? 0 : utf8_next(characters, at);
  if (characters.empty() || at != characters.size()) return error("must be one character");
  return c;
}

Result<bool> JsonView::boolean() const {
  if (const bool* boolean = value_->if_bool()) return *boolean;
  return error(fmt::format("must be true or false, not {}", kind_of(*value_)));
}

Result<double> JsonView::number() const {
  if (!value_->is_number()) return error(fmt::format("must be a number, not {}", kind_of(*value_)));
  const double number = value_->to_number<double>();
  if (!std::isfinite(number)) return error("must be finite");
  return number;
}

Result<uint32_t> JsonView::whole_number(size_t below) const {
  TRY(const double value, number());
  if (value < 0 || std::floor(value) != value || value >= static_cast<double>(below))
    return error(fmt::format("must be a whole number from 0 to {}, not {}", below - 1, value));
  return static_cast<uint32_t>(value);
}

Result<JsonView> JsonView::field(std::string_view name) const {
  TRY(const json::object* fields, object());
  const json::value* value = fields->if_contains(name);
  if (value == nullptr) return error(fmt::format("has no \"{}\"", name));
  return member(name, *value);
}

std::optional<JsonView> JsonView::find(std::string_view name) const {
  const auto* fields = value_->if_object();
  const json::value* value = fields == nullptr ? nullptr : fields->if_contains(name);
  if (value == nullptr || value->is_null()) return {};
  return member(name, *value);
}

JsonView JsonView::member(std::string_view name, const json::value& value) const {
  return {value, place_, path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name)};
}

JsonView JsonView::element(const json::array& list, size_t index) const {
  return {list[index], place_, fmt::format("{}[{}]", path_, index)};
}

Result<std::string_view> JsonView::type() const {
  TRY(const JsonView type, field("type"));
  return type.text();
}

}  // namespace penchant
