// What the Hugging Face `tokenizers` package thinks of every code point, read once from
// text/unicode.txt (written by tools/unicode_tables.py). Not ICU: the package mixes several
// versions of Unicode, and its tokens are what models were trained on. For words and sentences see
// text/words.h. Thread-safety: immutable.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace penchant {

// Classes of UAX #29; `none` is everything else.
enum class Cluster : uint8_t {
  none,
  cr,
  lf,
  control,
  extend,
  zwj,
  regional_indicator,
  prepend,
  spacing_mark,
  hangul_l,
  hangul_v,
  hangul_t,
  hangul_lv,
  hangul_lvt,
  pictographic,
  conjunct_consonant,
};

// General categories; their masks are sets of them.
namespace category {
inline constexpr std::array<std::string_view, 29> names = {
    "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe",
    "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Co", "Cn"};
inline constexpr uint32_t all = (1u << names.size()) - 1;
inline constexpr uint16_t unassigned = names.size() - 1;  // Cn
uint32_t mask(std::string_view name);                     // of "Lu", or of "L"; 0: no such
}  // namespace category

// The properties of one code point, packed.
class CodePoint {
 public:
  enum Flag : uint32_t {
    space = 1u << 0,        // White_Space
    control = 1u << 1,      // "other" of BERT's cleaning: Cc, Cf, Co
    punctuation = 1u << 2,  // of BERT's splitting; ASCII symbols included
    nonspacing = 1u << 3,   // Mn, stripped by BERT
    combining = 1u << 4,    // M*, stripped by StripAccents
    numeric = 1u << 5,      // N*
    word = 1u << 6,         // \w of the Whitespace pre-tokenizer
    regex_digit = 1u << 7,  // \d of Split and Replace
    regex_word = 1u << 8,   // \w of Split and Replace
    conjunct_linker = 1u << 9,
    conjunct_extend = 1u << 10,
    has_lower = 1u << 11,
    has_nfd = 1u << 12,
    has_nfkd = 1u << 13,  // one that differs from the canonical one
    composes = 1u << 14,  // second of a pair that has a composite
  };

  constexpr CodePoint() = default;
  constexpr explicit CodePoint(uint32_t bits) : bits_(bits) {}
  constexpr bool is(uint32_t flags) const { return (bits_ & flags) != 0; }
  constexpr Cluster cluster() const { return static_cast<Cluster>(bits_ >> 16 & 0xFF); }
  constexpr uint8_t combining_class() const { return static_cast<uint8_t>(bits_ >> 24); }
  constexpr uint32_t bits() const { return bits_; }

 private:
  uint32_t bits_ = 0;
};

class UnicodeTables {
 public:
  static const UnicodeTables& get();

  // For any number: beyond U+10FFFF there are no properties.
  CodePoint operator[](char32_t c) const {
    return c < 0x110000 ? CodePoint(cells_[blocks_[c >> 8] + (c & 0xFF)]) : CodePoint();
  }
  // The general category's place in category::names, as regular expressions have it.
  uint16_t category_of(char32_t c) const {
    return c < 0x110000 ? categories_[category_blocks_[c >> 8] + (c & 0xFF)] : category::unassigned;
  }
  // What a code point maps to; empty where it stays as it is. Without Hangul (by arithmetic).
  std::span<const char32_t> lower(char32_t c) const { return lower_.find(c); }
  std::span<const char32_t> nfd(char32_t c) const { return nfd_.find(c); }
  std::span<const char32_t> nfkd(char32_t c) const;
  // The primary composite of two code points, Hangul included; 0 when there is none.
  char32_t compose(char32_t first, char32_t second) const;

 private:
  class Mapping {
   public:
    void add(char32_t from, std::span<const char32_t> to);  // in ascending order
    std::span<const char32_t> find(char32_t from) const;

   private:
    std::vector<char32_t> from_;
    std::vector<uint32_t> starts_ = {0};
    std::vector<char32_t> to_;
  };
  struct Pair {
    uint64_t parts;  // first << 32 | second
    char32_t composite;
  };

  explicit UnicodeTables(std::string_view source);
  struct Flat {  // by code point
    std::vector<uint32_t> cells;
    std::vector<uint16_t> categories;
  };
  void read_line(std::string_view line, Flat& flat);

  // Of 256 code points, each an offset into the cells.
  using Blocks = std::array<uint32_t, 0x1100>;
  template <class Cell>
  static void compress(const std::vector<Cell>& flat, Blocks& blocks, std::vector<Cell>& cells);

  Blocks blocks_{}, category_blocks_{};
  std::vector<uint32_t> cells_;
  std::vector<uint16_t> categories_;
  Mapping lower_, nfd_, nfkd_;
  std::vector<Pair> pairs_;
};

// Hangul by arithmetic (Unicode, section 3.12).
namespace hangul {
inline constexpr char32_t s_base = 0xAC00, l_base = 0x1100, v_base = 0x1161, t_base = 0x11A7;
inline constexpr char32_t l_count = 19, v_count = 21, t_count = 28;
inline constexpr char32_t s_count = l_count * v_count * t_count;
inline constexpr bool is_syllable(char32_t c) { return c >= s_base && c < s_base + s_count; }
}  // namespace hangul

}  // namespace penchant
