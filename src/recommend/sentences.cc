#include "recommend/sentences.h"

#include "base/assets.h"
#include "base/check.h"
#include "base/lines.h"

namespace penchant {

Sentences::Sentences(std::string_view asset) {
  for_each_line(asset, [&](std::string_view line) {
    constexpr std::string_view separator = " = ";
    const size_t at = line.find(separator);
    if (line.starts_with('#') || at == line.npos) return;
    texts_.emplace(line.substr(0, at), line.substr(at + separator.size()));
  });
}

const Sentences& Sentences::in(std::string_view language) {
  static const Sentences english(assets::get("recommend/sentences.en.txt"));
  static const Sentences chinese(assets::get("recommend/sentences.zh.txt"));
  return language.starts_with("zh") ? chinese : english;
}

std::string_view Sentences::text(std::string_view key) const {
  const auto it = texts_.find(key);
  CHECK(it != texts_.end(), key);
  return it->second;
}

std::string Sentences::fill(std::string_view key, std::initializer_list<Value> values) const {
  const std::string_view pattern = text(key);
  std::string out;
  for (size_t at = 0; at < pattern.size();) {
    const size_t open = std::min(pattern.find('{', at), pattern.size());
    out += pattern.substr(at, open - at);
    if (open == pattern.size()) break;
    const size_t close = pattern.find('}', open);
    CHECK(close != pattern.npos, key);
    const std::string_view name = pattern.substr(open + 1, close - open - 1);
    bool known = false;
    for (const auto& [n, value] : values) {
      if (n == name) out += value, known = true;
    }
    CHECK(known, key);
    at = close + 1;
  }
  return out;
}

std::string Sentences::list(std::span<const std::string> items, bool quoted) const {
  std::string out;
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += text(i + 1 == items.size() ? "list.and" : "list.comma");
    out += quoted ? fill("list.item", {{"x", items[i]}}) : items[i];
  }
  return out;
}

std::string Sentences::quoted_list(std::span<const std::string> items) const {
  return list(items, true);
}
std::string Sentences::plain_list(std::span<const std::string> items) const {
  return list(items, false);
}

}  // namespace penchant
