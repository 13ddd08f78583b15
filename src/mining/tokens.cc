#include "mining/tokens.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/utf8.h"
#include "text/english_tags.h"
#include "text/han_words.h"
#include "text/words.h"

namespace penchant {

namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_name_dot(std::string_view gap) {
  return gap == "\u00b7" || gap == "\u2022" || gap == "\u30fb" || gap == "\u2027";
}

// Whether a phrase may go on behind the gap. Between Han characters only the dot of foreign names
// is spanned, at their border to others nothing; elsewhere white space (with a single line end,
// unless a capital follows: then it ends a line of its own) and a hyphen.
bool spans(std::string_view gap, bool before_is_han, const Word& next, char next_character) {
  if (gap.empty()) return true;
  if (before_is_han || next.is_han) return before_is_han && next.is_han && is_name_dot(gap);
  size_t line_ends = 0, hyphens = 0;
  for (const char c : gap) {
    if (c == '\n') {
      ++line_ends;
    } else if (c == '-') {
      ++hyphens;
    } else if (c != ' ' && c != '\t' && c != '\r') {
      return false;
    }
  }
  return hyphens <= 1 && (line_ends == 0 || (line_ends == 1 && !is_upper(next_character)));
}

bool is_acronym(std::string_view word) {
  const auto upper = std::count_if(word.begin(), word.end(), is_upper);
  const auto digits = std::count_if(word.begin(), word.end(), is_digit);
  const auto size = static_cast<std::ptrdiff_t>(word.size());
  return size >= 2 && upper > 0 && (upper + digits == size || upper >= 2);
}

// "of" or "the" of "of the", between two words with capitals.
bool is_joint(const std::vector<PhraseWord>& tokens, size_t i) {
  const auto is = [&](size_t t, std::string_view word) {
    return t < tokens.size() && tokens[t].written == word;
  };
  const size_t first = is(i, "the") && i > 0 && is(i - 1, "of") ? i - 1 : i;
  if (!is(first, "of") || first == 0) return false;
  const size_t next = first + (is(first + 1, "the") ? 2 : 1);
  return next < tokens.size() && tokens[first - 1].capital && tokens[next].capital &&
         !tokens[first].starts && !tokens[first + 1].starts && !tokens[next].starts;
}

void assign_english(std::vector<PhraseWord>& tokens, size_t begin, size_t end) {
  std::vector<std::string> folded;
  for (size_t i = begin; i < end; ++i) {
    folded.push_back(fold(tokens[i].written));
    if (folded.back().ends_with("'s")) folded.back().resize(folded.back().size() - 2);
  }
  const std::vector<std::string_view> words(folded.begin(), folded.end());
  const std::vector<EnglishTag> tags = tag_english(words);
  for (size_t i = begin; i < end; ++i) {
    PhraseWord& token = tokens[i];
    const EnglishTag tag = tags[i - begin];
    token.verbal = tag == EnglishTag::gerund || tag == EnglishTag::participle;
    token.adjective = tag == EnglishTag::adjective;
    // One or two letters are names at most: TV, 3D.
    const bool in_compound = token.glued || (i + 1 < end && tokens[i + 1].glued);
    const bool tiny = token.written.size() < 3 && !token.acronym && !in_compound;
    if (token.function && is_joint(tokens, i)) token.role = Role::joint;
    if (tag == EnglishTag::number && i + 1 < end && tokens[i + 1].glued)
      token.role = Role::modifier;
    if (token.function || tiny) continue;
    if (tag == EnglishTag::noun || tag == EnglishTag::gerund) token.role = Role::head;
    if (tag == EnglishTag::adjective || tag == EnglishTag::participle) token.role = Role::modifier;
    if (token.acronym) token.role = Role::head;
  }
}

// Words such as "also has" or "in which" that consist of grammatical characters.
bool is_grammatical(std::string_view han_word) {
  constexpr std::u32string_view characters =
      U"\u7684\u4e86\u7740\u662f\u5728\u6709\u90fd\u4e5f\u5c31\u8fd8\u53c8\u8981\u4f1a\u80fd\u53ef"
      U"\u4e0d\u6ca1\u5f88\u66f4\u6700\u4ecd\u5e38\u5df2\u5c06\u88ab\u628a\u8ba9\u4f7f\u4e0e\u548c"
      U"\u6216\u53ca\u800c\u4f46\u6240\u4ee5\u4e4b\u5176\u6b64\u8fd9\u90a3\u54ea\u6211\u4f60\u4ed6"
      U"\u5979\u5b83\u4eec\u505a\u53bb\u6765\u5230\u5f97\u5730\u8fc7\u7ed9\u5bf9\u4ece\u5411\u7531"
      U"\u4e8e\u4e3a\u56e0\u5982\u82e5\u5219\u624d\u53ea\u518d\u6bcf\u5404\u67d0\u4e2a\u4e2d\u4e0a"
      U"\u4e0b\u5728\u7b49";
  for (size_t at = 0; at < han_word.size();)
    if (characters.find(utf8_next(han_word, at)) == characters.npos) return false;
  return true;
}

void assign_han(PhraseWord& token, const std::optional<HanWord>& word) {
  if (token.function) return;
  const HanClass word_class = word ? word->word_class : HanClass::noun;
  token.verbal = word_class == HanClass::verb;
  token.weak = token.verbal || word_class == HanClass::phrase;
  token.adjective = word_class == HanClass::adjective;
  constexpr size_t character = 3;
  switch (word_class) {
    case HanClass::noun:
    case HanClass::name:
    case HanClass::verbal_noun:
    case HanClass::phrase:
      token.role = Role::head;
      break;
    case HanClass::verb:
      token.role = token.key.size() > character ? Role::head : Role::none;
      break;
    case HanClass::adjective:
      token.role = Role::modifier;
      break;
    default:
      break;
  }
}

// "12 fluid ounces" says how much, not what.
bool is_unit(std::string_view key) {
  constexpr std::string_view units[] = {
      "ounc", "oz",   "fluid", "fl", "ml", "inch", "lb",     "pound", "pack", "count", "ct",
      "pcs",  "piec", "cm",    "mm", "kg", "gram", "gallon", "feet",  "foot", "liter"};
  return std::find(std::begin(units), std::end(units), key) != std::end(units);
}

}  // namespace

uint64_t word_key(std::string_view word) {
  uint64_t hash = 0xCBF29CE484222325;  // FNV-1a
  for (const char c : word) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return hash;
}

uint64_t pair_key(std::string_view first, std::string_view second) {
  return word_key(first) * 0x9E3779B97F4A7C15 + word_key(second) + 1;
}

std::vector<PhraseWord> split_tokens(std::string_view text) {
  std::vector<PhraseWord> tokens;
  uint32_t last_end = 0;
  bool quantity = false;  // the word before is a number, or a unit behind one
  for (const Word& word : split_words(text)) {
    PhraseWord& token = tokens.emplace_back();
    token.written = text.substr(word.begin, word.end - word.begin);
    const std::string folded = fold(token.written);
    token.key = word.is_han ? folded : stem(folded);
    token.is_han = word.is_han;
    quantity = word.is_number || (quantity && is_unit(token.key));
    token.function = quantity || is_stop_word(folded);
    token.capital = is_upper(token.written[0]);
    token.acronym = !word.is_han && is_acronym(token.written);
    const std::string_view gap = text.substr(last_end, word.begin - last_end);
    token.starts =
        tokens.size() == 1 || !spans(gap, tokens[tokens.size() - 2].is_han, word, token.written[0]);
    token.dotted = is_name_dot(gap);
    token.glued = gap.empty() || gap == "-" || token.dotted;
    last_end = word.end;
    if (word.is_han) {
      token.function = token.function || is_grammatical(folded);
      const auto entry = find_han_word(folded);
      token.background = entry ? std::exp(double{entry->log_probability}) : 0;
      assign_han(token, entry);
    } else {
      token.background = english_frequency(folded);
    }
  }
  return tokens;
}

void assign_roles(std::vector<PhraseWord>& tokens) {
  for (size_t begin = 0; begin < tokens.size();) {
    size_t end = begin + 1;
    while (end < tokens.size() && !tokens[end].starts && !tokens[end].is_han) ++end;
    if (tokens[begin].is_han) {
      ++begin;
    } else {
      assign_english(tokens, begin, end);
      begin = end;
    }
  }
}

}  // namespace penchant
