#include "text/unicode_tables.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <map>
#include <string>
#include <utility>

#include "base/assets.h"
#include "base/check.h"
#include "base/lines.h"

namespace penchant {

namespace {

// The asset is the program's own, so whatever is wrong with it is a CHECK.
class Fields {
 public:
  explicit Fields(std::string_view line) : rest_(line) {}
  bool done() const { return rest_.empty(); }
  std::string_view next() {
    const size_t end = std::min(rest_.find(' '), rest_.size());
    const std::string_view field = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return field;
  }

 private:
  std::string_view rest_;
};

uint32_t number(std::string_view text, int base) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  CHECK(error == std::errc() && end == text.data() + text.size(), text);
  return value;
}

template <class Set>
void for_each_code_point(Fields& fields, Set set) {
  while (!fields.done()) {
    const std::string_view range = fields.next();
    const size_t dots = range.find("..");
    const uint32_t first = number(range.substr(0, dots), 16);
    const uint32_t last =
        dots == std::string_view::npos ? first : number(range.substr(dots + 2), 16);
    CHECK(first <= last && last < 0x110000, range);
    for (uint32_t c = first; c <= last; ++c) set(c);
  }
}

using Name = std::pair<std::string_view, uint32_t>;

constexpr Name flag_names[] = {
    {"space", CodePoint::space},
    {"control", CodePoint::control},
    {"punctuation", CodePoint::punctuation},
    {"nonspacing", CodePoint::nonspacing},
    {"combining", CodePoint::combining},
    {"numeric", CodePoint::numeric},
    {"word", CodePoint::word},
    {"regex_digit", CodePoint::regex_digit},
    {"regex_word", CodePoint::regex_word},
};
constexpr Name conjunct_names[] = {
    {"Linker", CodePoint::conjunct_linker},
    {"Extend", CodePoint::conjunct_extend},
};
constexpr std::string_view cluster_names[] = {"",
                                              "CR",
                                              "LF",
                                              "Control",
                                              "Extend",
                                              "ZWJ",
                                              "Regional_Indicator",
                                              "Prepend",
                                              "SpacingMark",
                                              "L",
                                              "V",
                                              "T",
                                              "LV",
                                              "LVT",
                                              "Extended_Pictographic",
                                              "InCB_Consonant"};

template <size_t n>
uint32_t flag_named(const Name (&names)[n], std::string_view name) {
  const auto* found = std::find_if(std::begin(names), std::end(names),
                                   [&](const Name& entry) { return entry.first == name; });
  return found == std::end(names) ? 0 : found->second;
}

uint32_t cluster_named(std::string_view name) {
  const auto* found = std::find(std::begin(cluster_names), std::end(cluster_names), name);
  CHECK(found != std::end(cluster_names), name);
  return static_cast<uint32_t>(found - std::begin(cluster_names));
}

}  // namespace

const UnicodeTables& UnicodeTables::get() {
  static const UnicodeTables tables(assets::get("text/unicode.txt"));
  return tables;
}

uint32_t category::mask(std::string_view name) {
  uint32_t found = 0;
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i] == name || (name.size() == 1 && names[i][0] == name[0])) found |= 1u << i;
  return found;
}

UnicodeTables::UnicodeTables(std::string_view source) {
  Flat flat = {std::vector<uint32_t>(0x110000),
               std::vector<uint16_t>(0x110000, category::unassigned)};
  for_each_line(source, [&](std::string_view line) {
    if (!line.empty() && line[0] != '#') read_line(line, flat);
  });
  std::sort(pairs_.begin(), pairs_.end(),
            [](const Pair& a, const Pair& b) { return a.parts < b.parts; });
  for (char32_t v = hangul::v_base; v < hangul::v_base + hangul::v_count; ++v)
    flat.cells[v] |= CodePoint::composes;
  for (char32_t t = hangul::t_base + 1; t < hangul::t_base + hangul::t_count; ++t)
    flat.cells[t] |= CodePoint::composes;
  compress(flat.cells, blocks_, cells_);
  compress(flat.categories, category_blocks_, categories_);
}

void UnicodeTables::read_line(std::string_view line, Flat& flat) {
  Fields fields(line);
  const std::string_view kind = fields.next();
  uint32_t bits = flag_named(flag_names, kind);
  if (kind == "cluster") bits = cluster_named(fields.next()) << 16;
  if (kind == "conjunct") bits = flag_named(conjunct_names, fields.next());
  if (kind == "class") bits = number(fields.next(), 10) << 24;
  if (bits != 0) return for_each_code_point(fields, [&](uint32_t c) { flat.cells[c] |= bits; });
  if (kind == "category") {
    const uint32_t mask = category::mask(fields.next());
    CHECK(std::has_single_bit(mask), line);
    const auto place = static_cast<uint16_t>(std::countr_zero(mask));
    return for_each_code_point(fields, [&](uint32_t c) { flat.categories[c] = place; });
  }

  const char32_t from = number(fields.next(), 16);
  CHECK(from < 0x110000, line);
  std::vector<char32_t> to;
  while (!fields.done()) to.push_back(number(fields.next(), 16));
  if (kind == "lower") {
    lower_.add(from, to);
    flat.cells[from] |= CodePoint::has_lower;
  } else if (kind == "nfd") {
    nfd_.add(from, to);
    flat.cells[from] |= CodePoint::has_nfd;
  } else if (kind == "nfkd") {
    nfkd_.add(from, to);
    flat.cells[from] |= CodePoint::has_nfkd;
  } else {
    CHECK(kind == "pair" && to.size() == 2 && to[1] < 0x110000, line);
    pairs_.push_back({static_cast<uint64_t>(to[0]) << 32 | to[1], from});
    flat.cells[to[1]] |= CodePoint::composes;
  }
}

template <class Cell>
void UnicodeTables::compress(const std::vector<Cell>& flat, Blocks& blocks,
                             std::vector<Cell>& cells) {
  std::map<std::vector<Cell>, uint32_t> known;
  for (size_t block = 0; block < blocks.size(); ++block) {
    std::vector<Cell> some(flat.begin() + block * 256, flat.begin() + (block + 1) * 256);
    const auto [entry, is_new] =
        known.try_emplace(std::move(some), static_cast<uint32_t>(cells.size()));
    blocks[block] = entry->second;
    if (is_new) cells.insert(cells.end(), entry->first.begin(), entry->first.end());
  }
}

std::span<const char32_t> UnicodeTables::nfkd(char32_t c) const {
  const auto own = nfkd_.find(c);
  return own.empty() ? nfd_.find(c) : own;
}

char32_t UnicodeTables::compose(char32_t first, char32_t second) const {
  using namespace hangul;
  if (!(*this)[second].is(CodePoint::composes)) return 0;
  if (first >= l_base && first < l_base + l_count && second >= v_base && second < v_base + v_count)
    return s_base + ((first - l_base) * v_count + (second - v_base)) * t_count;
  if (is_syllable(first) && (first - s_base) % t_count == 0 && second > t_base &&
      second < t_base + t_count)
    return first + (second - t_base);
  const uint64_t parts = static_cast<uint64_t>(first) << 32 | second;
  const auto found =
      std::lower_bound(pairs_.begin(), pairs_.end(), parts,
                       [](const Pair& pair, uint64_t wanted) { return pair.parts < wanted; });
  return found != pairs_.end() && found->parts == parts ? found->composite : 0;
}

void UnicodeTables::Mapping::add(char32_t from, std::span<const char32_t> to) {
  CHECK(from_.empty() || from_.back() < from, "mappings ascend");
  from_.push_back(from);
  to_.insert(to_.end(), to.begin(), to.end());
  starts_.push_back(static_cast<uint32_t>(to_.size()));
}

std::span<const char32_t> UnicodeTables::Mapping::find(char32_t from) const {
  const auto found = std::lower_bound(from_.begin(), from_.end(), from);
  if (found == from_.end() || *found != from) return {};
  const size_t at = static_cast<size_t>(found - from_.begin());
  return std::span(to_).subspan(starts_[at], starts_[at + 1] - starts_[at]);
}

}  // namespace penchant
