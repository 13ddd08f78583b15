#include "encoder/json_fields.h"

#include <fmt/format.h>

#include <utility>

namespace penchant {

namespace {

template <class T>
Result<T> placed(Result<T> result, const std::string& place) {
  if (!result.ok())
    return Error{result.error().code, fmt::format("{}: {}", place, result.error().message)};
  return result;
}

}  // namespace

Result<JsonFields> JsonFields::parse(std::string_view text, std::string place) {
  TRY(json::value value, parse_json(text, place));
  if (!value.is_object()) return invalid(place + ": not an object");
  return JsonFields{std::move(place), std::move(value.get_object())};
}

bool JsonFields::has(std::string_view field) const {
  const json::value* value = object.if_contains(field);
  return value != nullptr && !value->is_null();
}

Result<std::string> JsonFields::text(std::string_view field, std::string_view otherwise) const {
  TRY(auto value, placed(get_string(object, field), place));
  return value.value_or(std::string(otherwise));
}

Result<bool> JsonFields::flag(std::string_view field, bool otherwise) const {
  TRY(const auto value, placed(get_bool(object, field), place));
  return value.value_or(otherwise);
}

Result<float> JsonFields::number(std::string_view field, double low, double high,
                                 double otherwise) const {
  TRY(const auto value, placed(get_number(object, field), place));
  const double number = value.value_or(otherwise);
  if (!(number >= low && number <= high))
    return invalid(fmt::format("{}: {} is {}, not in {}..{}", place, field, number, low, high));
  return static_cast<float>(number);
}

Result<size_t> JsonFields::size(std::string_view field, size_t low, size_t high,
                                int64_t otherwise) const {
  TRY(const auto value, placed(get_integer(object, field), place));
  if (!value.has_value() && otherwise >= 0) return static_cast<size_t>(otherwise);
  if (!value.has_value()) return invalid(fmt::format("{}: {} is missing", place, field));
  if (*value < 0 || static_cast<size_t>(*value) < low || static_cast<size_t>(*value) > high)
    return invalid(fmt::format("{}: {} is {}, not in {}..{}", place, field, *value, low, high));
  return static_cast<size_t>(*value);
}

Result<JsonFields> JsonFields::object_of(std::string_view field) const {
  JsonFields inner{fmt::format("{}: {}", place, field), {}};
  if (!has(field)) return inner;
  const json::value& value = object.at(field);
  if (!value.is_object()) return invalid(inner.place + " is not an object");
  inner.object = value.get_object();
  return inner;
}

Error JsonFields::refuse(std::string_view field, std::string_view only) const {
  return invalid(fmt::format("{}: {} {} is not supported, only {}", place, field,
                             shown(object.at(field)), only));
}

Result<> JsonFields::must_be(std::string_view field, std::string_view expected) const {
  TRY(const std::string value, text(field, expected));
  if (value != expected) return refuse(field, fmt::format("\"{}\"", expected));
  return {};
}

Result<> JsonFields::must_be_absent(std::string_view field) const {
  if (has(field)) return refuse(field, "models without it");
  return {};
}

}  // namespace penchant
