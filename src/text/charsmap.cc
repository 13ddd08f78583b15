#include "text/charsmap.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "text/graphemes.h"

namespace penchant {

namespace {

constexpr std::array<int8_t, 256> base64_values() {
  std::array<int8_t, 256> values{};
  values.fill(-1);
  int8_t value = 0;
  for (const char c :
       std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))
    values[static_cast<unsigned char>(c)] = value++;
  return values;
}

// RFC 4648, padded, canonical: nothing else is accepted.
Result<std::string> decode_base64(std::string_view text) {
  static constexpr auto values = base64_values();
  if (text.size() % 4 != 0)
    return invalid(fmt::format("base64 of {} characters, not a multiple of 4", text.size()));
  size_t size = text.size();
  while (size > 0 && text.size() - size < 2 && text[size - 1] == '=') --size;
  std::string bytes;
  bytes.reserve(size * 3 / 4);
  uint32_t bits = 0;
  for (size_t i = 0; i < size; ++i) {
    const int8_t value = values[static_cast<unsigned char>(text[i])];
    if (value < 0) return invalid(fmt::format("base64 has a wrong character at {}", i));
    bits = bits << 6 | static_cast<uint32_t>(value);
    // The second character of four completes the first byte, and so on.
    switch (i % 4) {
      case 1:
        bytes.push_back(static_cast<char>(bits >> 4));
        break;
      case 2:
        bytes.push_back(static_cast<char>(bits >> 2));
        break;
      case 3:
        bytes.push_back(static_cast<char>(bits));
        break;
      default:
        break;
    }
  }
  const uint32_t left_over = size % 4 == 2 ? bits & 0xF : size % 4 == 3 ? bits & 0x3 : 0;
  if (left_over != 0) return invalid("base64 ends in bits that belong to no byte");
  return bytes;
}

// One unit of darts-clone's array.
bool has_leaf(uint32_t unit) { return (unit >> 8 & 1) != 0; }
uint32_t leaf_value(uint32_t unit) { return unit & 0x7FFFFFFFu; }
uint32_t label(uint32_t unit) { return unit & 0x800000FFu; }
size_t offset(uint32_t unit) { return static_cast<size_t>(unit >> 10) << ((unit & 0x200) >> 6); }

// The changes that put `replacement` in place of `old_characters` characters.
void replace(size_t old_characters, std::string_view replacement, std::vector<Change>& changes) {
  const size_t first = changes.size();
  for (size_t at = 0; at < replacement.size();) changes.push_back({utf8_next(replacement, at), 0});
  const size_t new_characters = changes.size() - first;
  for (size_t i = old_characters; i < new_characters; ++i) changes[first + i].change = 1;
  // What is removed counts for the last character written; at the very start there is none.
  if (new_characters < old_characters && !changes.empty())
    changes.back().change -= static_cast<int32_t>(old_characters - new_characters);
}

}  // namespace

Result<Charsmap> Charsmap::parse_base64(std::string_view base64) {
  TRY(const std::string bytes, decode_base64(base64));
  return parse(bytes);
}

Result<Charsmap> Charsmap::parse(std::string_view bytes) {
  uint32_t trie_bytes = 0;
  if (bytes.size() < sizeof(trie_bytes)) return invalid("charsmap ends before its size");
  std::memcpy(&trie_bytes, bytes.data(), sizeof(trie_bytes));
  bytes.remove_prefix(sizeof(trie_bytes));
  if (trie_bytes / 4 == 0) return invalid("charsmap has an empty trie");
  if (bytes.size() < trie_bytes / 4 * 4)
    return invalid(
        fmt::format("charsmap has {} bytes where its trie needs {}", bytes.size(), trie_bytes));
  Charsmap map;
  map.units_.resize(trie_bytes / 4);
  std::memcpy(map.units_.data(), bytes.data(), map.units_.size() * 4);
  map.replacements_ = bytes.substr(map.units_.size() * 4);
  TRY(check_utf8(map.replacements_, "replacements of the charsmap"));
  map.has_rule_.resize(128);
  for (size_t i = 0; i < map.has_rule_.size(); ++i) {
    const char c = static_cast<char>(i);
    const auto found = map.find({&c, 1});
    map.has_rule_[i] = found && *found != std::string_view(&c, 1);
  }
  map.has_rule_['\r'] = true;  // "\r\n" is one cluster and may have a rule of its own
  map.find_lonely();
  return map;
}

void Charsmap::find_lonely() {
  const UnicodeTables& tables = UnicodeTables::get();
  lonely_.assign(0x10000, not_lonely);
  std::string bytes;
  for (char32_t c = 0; c < lonely_.size(); ++c) {
    const Cluster cluster = tables[c].cluster();
    const bool is_lonely = cluster == Cluster::none || cluster == Cluster::lf ||
                           cluster == Cluster::control || cluster == Cluster::pictographic ||
                           cluster == Cluster::hangul_lv || cluster == Cluster::hangul_lvt ||
                           cluster == Cluster::conjunct_consonant;
    if (!is_lonely || (c >= 0xD800 && c < 0xE000)) continue;
    bytes.clear();
    utf8_append(bytes, c);
    const auto found = find(bytes);
    lonely_[c] = found ? static_cast<int32_t>(found->data() - replacements_.data()) : kept;
  }
}

// For a text whose origins nobody wants and whose characters are each a cluster of their own.
// False, with nothing done, for others.
bool Charsmap::apply_lonely(AlignedText& text) const {
  const std::string_view bytes = text.bytes();
  std::string& written = text.rewritten();
  size_t done = 0;
  for (size_t at = 0; at < bytes.size();) {
    const size_t begin = at;
    const char32_t c = utf8_next(bytes, at);
    const int32_t replacement = c < lonely_.size() ? lonely_[c] : not_lonely;
    if (replacement == kept) continue;
    if (replacement == not_lonely) return false;
    written.append(bytes, done, begin - done).append(replacements_.data() + replacement);
    done = at;
  }
  if (done == 0) return true;
  written.append(bytes, done);
  text.rewrite();
  return true;
}

std::optional<std::string_view> Charsmap::find(std::string_view chunk) const {
  size_t at = offset(units_[0]);
  for (const char c : chunk) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == 0) return {};
    at ^= byte;
    if (at >= units_.size() || label(units_[at]) != byte) return {};
    const uint32_t unit = units_[at];
    at ^= offset(unit);
    if (!has_leaf(unit)) continue;
    if (at >= units_.size()) return {};
    // A leaf that points nowhere, or into a character, can only come from a damaged file.
    const size_t start = leaf_value(units_[at]);
    if (start > replacements_.size()) return {};
    if (start < replacements_.size() && (replacements_[start] & 0xC0) == 0x80) return {};
    const size_t end = std::min(replacements_.find('\0', start), replacements_.size());
    return std::string_view(replacements_).substr(start, end - start);
  }
  return {};
}

bool Charsmap::leaves_ascii_alone(std::string_view text) const {
  if (!is_ascii(text)) return false;
  for (const char c : text)
    if (has_rule_[static_cast<size_t>(c)]) return false;
  return true;
}

void Charsmap::apply(AlignedText& text) const {
  const std::string_view bytes = text.bytes();
  if (leaves_ascii_alone(bytes)) return;
  if (!text.is_tracked() && apply_lonely(text)) return;
  const UnicodeTables& tables = UnicodeTables::get();
  std::vector<Change>& changes = text.scratch;
  changes.clear();
  bool is_changed = false;
  const auto add_cluster = [&](std::string_view cluster) {
    // The package looks up whole clusters up to this size, and so do we.
    if (cluster.size() < 6) {
      if (const auto replacement = find(cluster)) {
        replace(utf8_length(cluster), *replacement, changes);
        is_changed = true;
        return;
      }
    }
    for (size_t at = 0; at < cluster.size();) {
      const size_t begin = at;
      const char32_t c = utf8_next(cluster, at);
      if (const auto replacement = find(cluster.substr(begin, at - begin))) {
        replace(1, *replacement, changes);
        is_changed = true;
      } else {
        changes.push_back({c, 0});
      }
    }
  };

  GraphemeBreaker breaker;
  size_t cluster = 0;
  for (size_t at = 0; at < bytes.size();) {
    const size_t begin = at;
    const char32_t c = utf8_next(bytes, at);
    if (breaker.starts_cluster(tables[c]) && begin > cluster) {
      add_cluster(bytes.substr(cluster, begin - cluster));
      cluster = begin;
    }
  }
  if (cluster < bytes.size()) add_cluster(bytes.substr(cluster));
  if (is_changed) text.transform(changes);
}

}  // namespace penchant
