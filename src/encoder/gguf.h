// A GGUF file of llama.cpp (docs/FORMATS.md), versions 2 and 3, little-endian: mapped and checked.
// Every count, length, type, shape and offset fits the file before anything is read by it; what is
// wrong is told with its place and value.
// Thread-safety: immutable. Tensors and texts point into the file: they live as long as the object.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "encoder/tensors.h"

namespace penchant {

// By the numbers of the format.
enum class GgufType : uint32_t {
  u8,
  i8,
  u16,
  i16,
  u32,
  i32,
  f32,
  boolean,
  text,
  list,
  u64,
  i64,
  f64
};

// A value of the metadata as it lies in the file.
struct GgufValue {
  GgufType type = GgufType::u8;
  GgufType element = GgufType::u8;  // of a list
  size_t count = 1;                 // of a list
  std::span<const uint8_t> bytes;   // of the text, of the list's elements, or of the number
};

class Gguf : public Tensors {
 public:
  static Result<Gguf> open(const Path& path);
  // `bytes` must outlive the object; `place` starts every error message.
  static Result<Gguf> parse(std::span<const uint8_t> bytes, std::string_view place);

  const std::string& place() const { return place_; }
  const std::map<std::string, GgufValue, std::less<>>& metadata() const { return metadata_; }

  // Values by their key: nothing when it is absent, an error naming it when it is of another kind.
  Result<std::optional<std::string_view>> text(std::string_view key) const;
  Result<std::optional<bool>> flag(std::string_view key) const;
  Result<std::optional<double>> number(std::string_view key) const;  // of any number type
  Result<std::optional<uint64_t>> size(std::string_view key) const;  // an integer, not negative
  Result<std::optional<std::vector<std::string_view>>> texts(std::string_view key) const;
  Result<std::optional<std::vector<int64_t>>> integers(std::string_view key) const;

  // The same tensors under other names, which takes the file along: `map` is made of tensors().
  Tensors renamed(Map map) &&;

 private:
  const GgufValue* find(std::string_view key) const;
  Error wrong(std::string_view key, std::string_view expected) const;

  std::map<std::string, GgufValue, std::less<>> metadata_;
};

// Whether a file starts as such a file does; false for what is no file.
bool is_gguf(const Path& file);

}  // namespace penchant
