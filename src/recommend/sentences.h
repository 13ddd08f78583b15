// Sentences in the reader's language, from the templates in assets/sentences.LANGUAGE.txt.
// Thread-safety: immutable.
#pragma once

#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace penchant {

class Sentences {
 public:
  // "zh" (or "zh-CN", ...) is Chinese, everything else English.
  static const Sentences& in(std::string_view language);

  using Value = std::pair<std::string_view, std::string_view>;  // name and text of a {name}
  std::string fill(std::string_view key, std::initializer_list<Value> values = {}) const;

  std::string quoted_list(std::span<const std::string> items) const;  // "A", "B" and "C"
  std::string plain_list(std::span<const std::string> items) const;   // A, B and C
  std::string_view text(std::string_view key) const;

 private:
  explicit Sentences(std::string_view asset);
  std::string list(std::span<const std::string> items, bool quoted) const;

  std::map<std::string_view, std::string_view> texts_;
};

}  // namespace penchant
