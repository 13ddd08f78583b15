#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <cmath>
#include <iterator>

#include "base/limits.h"
#include "base/utf8.h"

namespace penchant {

namespace {

// Builds the value from the parser's events. Boost 1.81's own builder rounds one double in seven to
// a neighbour; numbers here are read exactly, so that what was written comes back equal.
class Builder {
 public:
  static constexpr size_t max_object_size = json::object::max_size();
  static constexpr size_t max_array_size = json::array::max_size();
  static constexpr size_t max_key_size = json::string::max_size();
  static constexpr size_t max_string_size = json::string::max_size();

  json::value release() { return stack_.release(); }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) { return true; }
  bool on_object_end(size_t n, json::error_code&) { return stack_.push_object(n), true; }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(size_t n, json::error_code&) { return stack_.push_array(n), true; }
  bool on_key_part(json::string_view part, size_t, json::error_code&) {
    return stack_.push_chars(part), true;
  }
  bool on_key(json::string_view key, size_t, json::error_code&) {
    return stack_.push_key(key), true;
  }
  bool on_string_part(json::string_view part, size_t, json::error_code&) {
    return stack_.push_chars(part), true;
  }
  bool on_string(json::string_view text, size_t, json::error_code&) {
    return stack_.push_string(text), true;
  }
  bool on_number_part(json::string_view part, json::error_code&) {
    return number_.append(part.data(), part.size()), true;
  }
  bool on_int64(int64_t number, json::string_view, json::error_code&) {
    return number_.clear(), stack_.push_int64(number), true;
  }
  bool on_uint64(uint64_t number, json::string_view, json::error_code&) {
    return number_.clear(), stack_.push_uint64(number), true;
  }
  bool on_double(double number, json::string_view rest, json::error_code&) {
    number_.append(rest.data(), rest.size());
    std::from_chars(number_.data(), number_.data() + number_.size(), number);
    number_.clear();
    stack_.push_double(number);
    return true;
  }
  bool on_bool(bool value, json::error_code&) { return stack_.push_bool(value), true; }
  bool on_null(json::error_code&) { return stack_.push_null(), true; }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  json::value_stack stack_;
  std::string number_;  // the text of the number being read
};

void append_text(std::string& out, const json::value& value);

void append_text(std::string& out, std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  out += '"';
  size_t copied = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, copied, i - copied);
    copied = i + 1;
    const size_t named = std::string_view("\"\\\b\f\n\r\t").find(text[i]);
    out += '\\';
    if (named != std::string_view::npos) {
      out += "\"\\bfnrt"[named];
    } else {
      out += "u00";
      out += hex[c >> 4];
      out += hex[c & 15];
    }
  }
  out.append(text, copied, text.size() - copied);
  out += '"';
}

// The shortest text that reads back as the same double; always with a point or an exponent, so that
// it also reads back as a double.
void append_text(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  char text[32];
  const char* end = std::to_chars(text, text + sizeof text, number).ptr;
  out.append(text, static_cast<size_t>(end - text));
  if (std::string_view(text, end).find_first_of(".e") == std::string_view::npos) out += ".0";
}

void append_text(std::string& out, const json::array& array) {
  out += '[';
  for (const json::value& entry : array) {
    if (&entry != array.data()) out += ',';
    append_text(out, entry);
  }
  out += ']';
}

void append_text(std::string& out, const json::object& object) {
  out += '{';
  bool first = true;
  for (const auto& [key, value] : object) {
    if (!first) out += ',';
    first = false;
    append_text(out, std::string_view(key));
    out += ':';
    append_text(out, value);
  }
  out += '}';
}

void append_text(std::string& out, const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      out += "null";
      break;
    case json::kind::bool_:
      out += value.get_bool() ? "true" : "false";
      break;
    case json::kind::int64:
      fmt::format_to(std::back_inserter(out), "{}", value.get_int64());
      break;
    case json::kind::uint64:
      fmt::format_to(std::back_inserter(out), "{}", value.get_uint64());
      break;
    case json::kind::double_:
      append_text(out, value.get_double());
      break;
    case json::kind::string:
      append_text(out, std::string_view(value.get_string()));
      break;
    case json::kind::array:
      append_text(out, value.get_array());
      break;
    case json::kind::object:
      append_text(out, value.get_object());
      break;
  }
}

}  // namespace

Result<json::value> parse_json(std::string_view text, std::string_view place) {
  json::parse_options options;
  options.max_depth = limits::json_depth;
  json::error_code code;
  json::basic_parser<Builder> parser(options);
  const size_t read = parser.write_some(false, text.data(), text.size(), code);
  if (!code && read < text.size() &&
      text.find_first_not_of(" \t\r\n", read) != std::string_view::npos)
    code = json::error::extra_data;
  if (code)
    return invalid(fmt::format("{}: not valid JSON at byte {}: {}", place, read, code.message()));
  return parser.handler().release();
}

std::string to_text(const json::value& value) {
  std::string out;
  append_text(out, value);
  return out;
}

std::string shown(const json::value& value) {
  std::string text = to_text(value);
  if (text.size() <= 60) return text;
  text.resize(60);
  text.resize(std::min(text.size(), utf8_invalid_at(text)));  // not half a character
  return text + "...";
}

json::array vector_to_json(std::span<const float> vector) {
  json::array out;
  out.reserve(vector.size());
  for (const float number : vector) {
    char text[32];
    const char* const end = std::to_chars(text, text + sizeof text, number).ptr;
    double wide = number;
    std::from_chars(text, end, wide);
    out.emplace_back(wide);
  }
  return out;
}

namespace {

Error wrong_type(std::string_view field, std::string_view wanted, const json::value& found) {
  return invalid(fmt::format("\"{}\" must be {}, not {}", field, wanted, shown(found)));
}

const json::value* find(const json::object& object, std::string_view field) {
  const json::value* value = object.if_contains(field);
  return value == nullptr || value->is_null() ? nullptr : value;
}

}  // namespace

Result<std::optional<std::string>> get_string(const json::object& object, std::string_view field) {
  const json::value* value = find(object, field);
  if (value == nullptr) return std::optional<std::string>();
  if (!value->is_string()) return wrong_type(field, "a string", *value);
  return std::optional(std::string(value->get_string()));
}

Result<std::optional<double>> get_number(const json::object& object, std::string_view field) {
  const json::value* value = find(object, field);
  if (value == nullptr) return std::optional<double>();
  if (!value->is_number()) return wrong_type(field, "a number", *value);
  const double number = value->to_number<double>();
  if (!std::isfinite(number)) return invalid(fmt::format("\"{}\" must be finite", field));
  return std::optional(number);
}

Result<std::optional<int64_t>> get_integer(const json::object& object, std::string_view field) {
  TRY(auto number, get_number(object, field));
  if (!number) return std::optional<int64_t>();
  if (std::floor(*number) != *number || std::abs(*number) > 9.0e15)
    return invalid(fmt::format("\"{}\" must be a whole number, not {}", field, *number));
  return std::optional(static_cast<int64_t>(*number));
}

Result<std::optional<bool>> get_bool(const json::object& object, std::string_view field) {
  const json::value* value = find(object, field);
  if (value == nullptr) return std::optional<bool>();
  if (!value->is_bool()) return wrong_type(field, "true or false", *value);
  return std::optional(value->get_bool());
}

Result<std::vector<std::string>> get_strings(const json::object& object, std::string_view field) {
  const json::value* value = find(object, field);
  std::vector<std::string> strings;
  if (value == nullptr) return strings;
  if (value->is_string()) {
    strings.emplace_back(value->get_string());
    return strings;
  }
  if (!value->is_array()) return wrong_type(field, "a list of strings", *value);
  if (value->get_array().size() > limits::list_values)
    return too_large(fmt::format("\"{}\" has {} entries, more than {}", field,
                                 value->get_array().size(), limits::list_values));
  for (const json::value& entry : value->get_array()) {
    if (!entry.is_string()) return wrong_type(field, "a list of strings", entry);
    strings.emplace_back(entry.get_string());
  }
  return strings;
}

}  // namespace penchant
