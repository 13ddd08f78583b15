// A JSON object of a model's folder with getters whose errors name the file and the field.
// Thread-safety: values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace penchant {

struct JsonFields {
  std::string place;
  json::object object;

  static Result<JsonFields> parse(std::string_view text, std::string place);

  bool has(std::string_view field) const;  // and is not null
  Result<std::string> text(std::string_view field, std::string_view otherwise) const;
  Result<bool> flag(std::string_view field, bool otherwise) const;
  // A number in [low, high].
  Result<float> number(std::string_view field, double low, double high, double otherwise) const;
  // An integer in [low, high]; absent is an error unless `otherwise` >= 0.
  Result<size_t> size(std::string_view field, size_t low, size_t high,
                      int64_t otherwise = -1) const;
  // An object within this one; empty when it is absent.
  Result<JsonFields> object_of(std::string_view field) const;

  // What only one value of is supported: absent, null or `expected`.
  Result<> must_be(std::string_view field, std::string_view expected) const;
  Result<> must_be_absent(std::string_view field) const;
  Error refuse(std::string_view field, std::string_view only) const;
};

}  // namespace penchant
