// A value inside a tokenizer.json together with the way to it, so that every error names the place:
//   tokenizer.json: model.vocab[7] must be a list, not a string
// Thread-safety: values; they point into the parsed JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace penchant {

class JsonView {
 public:
  // `place` and `value` must outlive the view.
  JsonView(const json::value& value, std::string_view place) : value_(&value), place_(place) {}

  // `<place>: <path> <sentence>`
  Error error(std::string_view sentence) const;

  Result<const json::object*> object() const;
  Result<const json::array*> list() const;
  Result<std::string_view> text() const;
  Result<char32_t> character() const;  // a string of one
  Result<bool> boolean() const;
  Result<double> number() const;
  Result<uint32_t> whole_number(size_t below) const;  // in [0, below)

  Result<JsonView> field(std::string_view name) const;  // must be there; null counts as there
  // Absent or null: nothing. Also nothing when this is no object.
  std::optional<JsonView> find(std::string_view name) const;
  JsonView element(const json::array& list, size_t index) const;
  JsonView member(std::string_view name, const json::value& value) const;

  // The "type" of a component.
  Result<std::string_view> type() const;

 private:
  JsonView(const json::value& value, std::string_view place, std::string path)
      : value_(&value), place_(place), path_(std::move(path)) {}

  const json::value* value_;
  std::string_view place_;
  std::string path_;
};

}  // namespace penchant
