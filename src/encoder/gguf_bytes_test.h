// For tests: GGUF files made by hand, right or wrong in one place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace penchant {

template <class T>
std::string raw(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}
inline std::string raw_text(std::string_view text) {
  return raw<uint64_t>(text.size()).append(text);
}

class GgufBytes {
 public:
  // A value with its type's number and its bytes.
  GgufBytes& value(std::string_view key, uint32_t type, const std::string& bytes) {
    values_ += raw_text(key) + raw(type) + bytes;
    ++value_count_;
    return *this;
  }
  GgufBytes& text(std::string_view key, std::string_view text) {
    return value(key, 8, raw_text(text));
  }
  GgufBytes& u32(std::string_view key, uint32_t number) { return value(key, 4, raw(number)); }
  template <class Texts>
  GgufBytes& texts(std::string_view key, const Texts& texts) {
    std::string bytes = raw<uint32_t>(8) + raw<uint64_t>(texts.size());
    for (const auto& text : texts) bytes += raw_text(text);
    return value(key, 9, bytes);
  }
  template <class Numbers>
  GgufBytes& integers(std::string_view key, const Numbers& numbers) {
    std::string bytes = raw<uint32_t>(5) + raw<uint64_t>(numbers.size());
    for (const auto number : numbers) bytes += raw(static_cast<int32_t>(number));
    return value(key, 9, bytes);
  }
  // `columns_first` as in the file; data may be of any length.
  GgufBytes& tensor(std::string_view name, const std::vector<uint64_t>& columns_first,
                    uint32_t type, std::string_view data) {
    data_.resize((data_.size() + alignment - 1) / alignment * alignment);
    directory_ += raw_text(name) + raw(static_cast<uint32_t>(columns_first.size()));
    for (const uint64_t size : columns_first) directory_ += raw(size);
    directory_ += raw(type) + raw<uint64_t>(data_.size());
    data_ += data;
    ++tensor_count_;
    return *this;
  }

  std::string file(uint32_t version = 3) const {
    std::string bytes = "GGUF" + raw(version) + raw(tensor_count_) + raw(value_count_);
    bytes += values_ + directory_;
    bytes.resize((bytes.size() + alignment - 1) / alignment * alignment);
    return bytes + data_;
  }

 private:
  static constexpr size_t alignment = 32;
  std::string values_, directory_, data_;
  uint64_t value_count_ = 0, tensor_count_ = 0;
};

}  // namespace penchant
