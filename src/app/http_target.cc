#include "app/http_target.h"

#include <fmt/format.h>

#include "base/utf8.h"

namespace penchant {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// Calls visit(part) for every part between separators; stops at the first error.
template <class Visit>
Result<> for_each_part(std::string_view text, char separator, const Visit& visit) {
  while (true) {
    const size_t end = text.find(separator);
    TRY(visit(text.substr(0, end)));
    if (end == text.npos) return {};
    text.remove_prefix(end + 1);
  }
}

const Field* find_field(const Operation& operation, std::string_view name, FieldPlace place) {
  for (const Field& field : operation.fields)
    if (field.name == name && field.place == place) return &field;
  return nullptr;
}

// Whether the pattern "/v1/items/{id}" fits; what stands for the names in braces goes to `out`.
bool matches(std::string_view pattern, const std::vector<std::string>& segments,
             json::object& out) {
  out.clear();
  for (const std::string& segment : segments) {
    if (pattern.empty()) return false;
    pattern.remove_prefix(1);  // the slash
    const std::string_view part = pattern.substr(0, pattern.find('/'));
    pattern.remove_prefix(part.size());
    if (part.starts_with('{')) {
      if (segment.empty()) return false;
      out[part.substr(1, part.size() - 2)] = segment;
    } else if (part != segment) {
      return false;
    }
  }
  return pattern.empty();
}

}  // namespace

Result<std::string> percent_decode(std::string_view text, bool plus_is_space,
                                   std::string_view place) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0)
      return invalid(
          fmt::format("{}: a percent sign must be followed by two hexadecimal digits", place));
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  TRY(check_utf8(out, place));
  return out;
}

Result<HttpTarget> parse_target(std::string_view target) {
  HttpTarget out;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    target.remove_prefix(scheme.size());
    const size_t slash = std::min(target.find('/'), target.size());
    out.authority = std::string(target.substr(0, slash));
    target = slash == target.size() ? "/" : target.substr(slash);
    break;
  }
  if (!target.starts_with('/')) return invalid("the request's target does not begin with a slash");
  target = target.substr(0, target.find('#'));
  const size_t question = std::min(target.find('?'), target.size());
  TRY(for_each_part(target.substr(1, question - 1), '/', [&](std::string_view part) -> Result<> {
    TRY(std::string segment, percent_decode(part, false, "path"));
    out.segments.push_back(std::move(segment));
    return {};
  }));
  if (question == target.size()) return out;
  TRY(for_each_part(target.substr(question + 1), '&', [&](std::string_view part) -> Result<> {
    if (part.empty()) return {};
    const size_t equals = std::min(part.find('='), part.size());
    TRY(std::string name, percent_decode(part.substr(0, equals), true, "query"));
    const std::string_view raw = part.substr(std::min(equals + 1, part.size()));
    TRY(std::string value, percent_decode(raw, true, name));
    out.query.emplace_back(std::move(name), std::move(value));
    return {};
  }));
  return out;
}

Route find_route(std::string_view method, const std::vector<std::string>& segments) {
  if (method == "HEAD") method = "GET";
  Route route;
  for (const Operation& operation : operations()) {
    json::object arguments;
    if (!matches(operation.path, segments, arguments)) continue;
    if (operation.method == method) {
      route.operation = &operation;
      route.path_arguments = std::move(arguments);
    }
    if (!route.allow.empty()) route.allow += ", ";
    route.allow += operation.method;
    if (operation.method == "GET") route.allow += ", HEAD";
  }
  return route;
}

Result<> add_query_arguments(const Operation& operation, const HttpTarget& target,
                             json::object& raw) {
  for (const auto& [name, value] : target.query) {
    if (find_field(operation, name, FieldPlace::query) == nullptr)
      return invalid(fmt::format("{}: {} has no such query parameter", to_text(json::value(name)),
                                 operation.name));
    json::value& known = raw[name];
    if (known.is_null()) {
      known = value;
    } else {
      if (!known.is_array()) known = json::array{known};
      known.get_array().emplace_back(value);
    }
  }
  return {};
}

Result<> add_body_arguments(const Operation& operation, json::value body, json::object& raw) {
  if (!operation.whole_body.empty()) {
    raw[operation.whole_body] = std::move(body);
    return {};
  }
  if (!body.is_object()) return invalid("body: must be a JSON object");
  for (auto& member : body.get_object()) {
    if (find_field(operation, member.key(), FieldPlace::body) == nullptr)
      return invalid(fmt::format("{}: {} has no such field", to_text(json::value(member.key())),
                                 operation.name));
    raw[member.key()] = std::move(member.value());
  }
  return {};
}

}  // namespace penchant
