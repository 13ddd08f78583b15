#include "text/pre_tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/utf8.h"
#include "text/byte_level.h"
#include "text/unicode_tables.h"

namespace penchant {

namespace {

using namespace pre_tokenizers;
using Scratch = PreTokenizer::Scratch;
using Slice = Scratch::Slice;

// --- Finding separators: slices that cover the text, each a separator or not.

// One separator for every character for which `is_separator` holds.
template <class Is>
void slice_characters(std::string_view text, Is is_separator, std::vector<Slice>& slices) {
  slices.clear();
  size_t done = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    if (!is_separator(utf8_next(text, at))) continue;
    if (done < begin)
      slices.push_back({static_cast<uint32_t>(done), static_cast<uint32_t>(begin), false});
    slices.push_back({static_cast<uint32_t>(begin), static_cast<uint32_t>(at), true});
    done = at;
  }
  if (done < text.size())
    slices.push_back({static_cast<uint32_t>(done), static_cast<uint32_t>(text.size()), false});
}

// Sets `gave_up` when the pattern takes too many steps.
void slice_matches(std::string_view text, const Pattern& pattern, bool is_inverted,
                   std::vector<Slice>& slices, bool& gave_up) {
  slices.clear();
  uint32_t done = 0;
  size_t steps = Regex::steps_for(text.size());
  for (Pattern::Match match; pattern.find(text, done, match, steps);) {
    const auto begin = static_cast<uint32_t>(match.begin), end = static_cast<uint32_t>(match.end);
    if (done < begin) slices.push_back({done, begin, is_inverted});
    slices.push_back({begin, end, !is_inverted});
    done = end;
  }
  gave_up |= steps == 0;
  const auto size = static_cast<uint32_t>(text.size());
  if (done < size) slices.push_back({done, size, is_inverted});
}

// Words and runs of other signs, white space between them: \w+|[^\w\s]+ as separators upside down.
void slice_words(std::string_view text, std::vector<Slice>& slices) {
  const UnicodeTables& tables = UnicodeTables::get();
  enum class Kind { none, space, word, other };
  slices.clear();
  Kind last = Kind::none;
  for (size_t at = 0; at < text.size();) {
    const auto begin = static_cast<uint32_t>(at);
    const CodePoint properties = tables[utf8_next(text, at)];
    const Kind kind = properties.is(CodePoint::word)    ? Kind::word
                      : properties.is(CodePoint::space) ? Kind::space
                                                        : Kind::other;
    if (kind != last) slices.push_back({begin, begin, kind == Kind::space});
    slices.back().end = static_cast<uint32_t>(at);
    last = kind;
  }
}

// --- From separators to words, as the package's SplitDelimiterBehavior has it.

void merge_slices(Separators behavior, std::vector<Slice>& slices) {
  size_t written = 0;
  bool was_match = false;
  const auto merge = [&](const Slice& slice, bool joins) {
    if (joins && written > 0) {
      slices[written - 1].begin = std::min(slices[written - 1].begin, slice.begin);
      slices[written - 1].end = std::max(slices[written - 1].end, slice.end);
    } else {
      slices[written++] = {slice.begin, slice.end, false};
    }
    was_match = slice.is_match;
  };
  switch (behavior) {
    case Separators::removed:
      return;
    case Separators::isolated:
      for (Slice& slice : slices) slice.is_match = false;
      return;
    case Separators::contiguous:
      for (const Slice slice : slices) merge(slice, slice.is_match == was_match);
      break;
    case Separators::merged_with_previous:
      for (const Slice slice : slices) merge(slice, slice.is_match && !was_match);
      break;
    case Separators::merged_with_next:
      std::reverse(slices.begin(), slices.end());
      for (const Slice slice : slices) merge(slice, slice.is_match && !was_match);
      std::reverse(slices.begin(), slices.begin() + static_cast<std::ptrdiff_t>(written));
      break;
  }
  slices.resize(written);
}

// Cuts every word by the slices that `find` makes of its bytes.
template <class Find>
void cut(AlignedText& text, std::vector<WordSpan>& words, Scratch& scratch, Separators behavior,
         Find find) {
  scratch.words.clear();
  for (const WordSpan& word : words) {
    find(text.bytes().substr(word.begin, word.end - word.begin), scratch.slices);
    merge_slices(behavior, scratch.slices);
    for (const Slice& slice : scratch.slices) {
      if (slice.is_match) continue;
      const uint32_t begin = word.begin + slice.begin, end = word.begin + slice.end;
      scratch.words.push_back({begin, end, text.origin(begin, end).begin});
    }
  }
  words.swap(scratch.words);
}

template <class Is>
void cut_at(AlignedText& text, std::vector<WordSpan>& words, Scratch& scratch, Separators behavior,
            Is is_separator) {
  cut(text, words, scratch, behavior, [&](std::string_view bytes, std::vector<Slice>& slices) {
    slice_characters(bytes, is_separator, slices);
  });
}

auto has(uint32_t flag) {
  return [flag, &tables = UnicodeTables::get()](char32_t c) { return tables[c].is(flag); };
}

// --- The steps.

void apply_step(const WhitespaceSplit&, AlignedText& text, std::vector<WordSpan>& words,
                Scratch& scratch) {
  cut_at(text, words, scratch, Separators::removed, has(CodePoint::space));
}

void apply_step(const Punctuation& step, AlignedText& text, std::vector<WordSpan>& words,
                Scratch& scratch) {
  cut_at(text, words, scratch, step.behavior, has(CodePoint::punctuation));
}

void apply_step(const Bert&, AlignedText& text, std::vector<WordSpan>& words, Scratch& scratch) {
  // WhitespaceSplit, then Punctuation, in one walk.
  const UnicodeTables& tables = UnicodeTables::get();
  const std::string_view bytes = text.bytes();
  scratch.words.clear();
  const auto add = [&](size_t begin, size_t end) {
    const auto first = static_cast<uint32_t>(begin), last = static_cast<uint32_t>(end);
    if (first < last) scratch.words.push_back({first, last, text.origin(first, last).begin});
  };
  constexpr uint32_t ends_word = CodePoint::space | CodePoint::punctuation;
  std::array<bool, 128> ends;
  for (char32_t c = 0; c < 128; ++c) ends[c] = tables[c].is(ends_word);
  for (const WordSpan& word : words) {
    size_t begin = word.begin;
    for (size_t at = word.begin; at < word.end;) {
      const size_t here = at;
      const auto byte = static_cast<unsigned char>(bytes[at]);
      if (byte < 128 && !ends[byte]) {
        ++at;
        continue;
      }
      const CodePoint properties = tables[utf8_next(bytes, at)];
      if (!properties.is(ends_word)) continue;
      add(begin, here);
      if (!properties.is(CodePoint::space)) add(here, at);
      begin = at;
    }
    add(begin, word.end);
  }
  words.swap(scratch.words);
}

void apply_step(const Whitespace&, AlignedText& text, std::vector<WordSpan>& words,
                Scratch& scratch) {
  cut(text, words, scratch, Separators::removed, slice_words);
}

void apply_step(const Digits& step, AlignedText& text, std::vector<WordSpan>& words,
                Scratch& scratch) {
  cut_at(text, words, scratch, step.are_individual ? Separators::isolated : Separators::contiguous,
         has(CodePoint::numeric));
}

void apply_step(const Delimiter& step, AlignedText& text, std::vector<WordSpan>& words,
                Scratch& scratch) {
  cut_at(text, words, scratch, Separators::removed,
         [&](char32_t c) { return c == step.delimiter; });
}

void apply_step(const Split& step, AlignedText& text, std::vector<WordSpan>& words,
                Scratch& scratch) {
  cut(text, words, scratch, step.behavior, [&](std::string_view bytes, std::vector<Slice>& slices) {
    slice_matches(bytes, step.pattern, step.is_inverted, slices, scratch.gave_up);
  });
}

// Hands every word to `write`, which appends what becomes of it to the new text.
template <class Write>
void rewrite_words(AlignedText& text, std::vector<WordSpan>& words, Scratch& scratch, Write write) {
  AlignedText& written = scratch.text;
  written.start_like(text);
  for (WordSpan& word : words) {
    const auto begin = static_cast<uint32_t>(written.bytes().size());
    write(word, written);
    word = {begin, static_cast<uint32_t>(written.bytes().size()), word.original_begin};
  }
  text.swap(written);
}

// Writes the replacement for every space and, where wanted, in front of every word.
void mark_spaces(const Metaspace& step, AlignedText& text, std::vector<WordSpan>& words,
                 Scratch& scratch) {
  rewrite_words(text, words, scratch, [&](const WordSpan& word, AlignedText& marked) {
    const std::string_view bytes = text.bytes().substr(word.begin, word.end - word.begin);
    const bool is_marked = bytes[0] == ' ' || bytes.starts_with(step.text);
    const bool is_wanted = step.prepend == Metaspace::Prepend::always ||
                           (step.prepend == Metaspace::Prepend::first && word.original_begin == 0);
    if (is_wanted && !is_marked)
      marked.append(step.text, text.origin(word.begin, word.begin + utf8_size(bytes[0])));
    for (uint32_t at = word.begin; at < word.end;) {
      const auto space =
          static_cast<uint32_t>(std::min<size_t>(text.bytes().find(' ', at), word.end));
      marked.append(text, at, space);
      if (space < word.end) marked.append(step.text, text.origin(space, space + 1));
      at = space + 1;
    }
  });
}

void apply_step(const Metaspace& step, AlignedText& text, std::vector<WordSpan>& words,
                Scratch& scratch) {
  mark_spaces(step, text, words, scratch);
  if (!step.splits) return;
  // Every replacement starts a word.
  scratch.words.clear();
  for (const WordSpan& word : words) {
    for (uint32_t begin = word.begin; begin < word.end;) {
      const size_t found = text.bytes().find(step.text, begin + 1);
      const auto end = static_cast<uint32_t>(std::min<size_t>(found, word.end));
      scratch.words.push_back({begin, end, text.origin(begin, end).begin});
      begin = end;
    }
  }
  words.swap(scratch.words);
}

void apply_step(const PrefixSpace&, AlignedText& text, std::vector<WordSpan>& words,
                Scratch& scratch) {
  rewrite_words(text, words, scratch, [&](const WordSpan& word, AlignedText& out) {
    const char first = text.bytes()[word.begin];
    if (first != ' ') out.append(" ", text.origin(word.begin, word.begin + utf8_size(first)));
    out.append(text, word.begin, word.end);
  });
}

void apply_step(const ByteLevel&, AlignedText& text, std::vector<WordSpan>& words,
                Scratch& scratch) {
  rewrite_words(text, words, scratch, [&](const WordSpan& word, AlignedText& out) {
    for (uint32_t at = word.begin; at < word.end;) {
      const uint32_t end = at + utf8_size(text.bytes()[at]);
      const Span origin = text.origin(at, end);
      for (; at < end; ++at)
        out.append(character_of_byte(static_cast<unsigned char>(text.bytes()[at])), origin);
    }
  });
}

// --- Reading the JSON.

Result<Separators> parse_behavior(const JsonView& json) {
  static constexpr std::pair<std::string_view, Separators> names[] = {
      {"Removed", Separators::removed},
      {"Isolated", Separators::isolated},
      {"MergedWithPrevious", Separators::merged_with_previous},
      {"MergedWithNext", Separators::merged_with_next},
      {"Contiguous", Separators::contiguous},
  };
  TRY(const std::string_view text, json.text());
  for (const auto& [name, behavior] : names)
    if (name == text) return behavior;
  return json.error(fmt::format("is the unknown behavior \"{}\"", text));
}

Result<Step> parse_punctuation(const JsonView& json) {
  Punctuation step;
  if (const auto behavior = json.find("behavior")) {
    TRY(step.behavior, parse_behavior(*behavior));
  }
  return Step(step);
}

Result<Step> parse_digits(const JsonView& json) {
  TRY(const JsonView individual, json.field("individual_digits"));
  TRY(const bool are_individual, individual.boolean());
  return Step(Digits{are_individual});
}

Result<Step> parse_delimiter(const JsonView& json) {
  TRY(const JsonView delimiter, json.field("delimiter"));
  TRY(const char32_t c, delimiter.character());
  return Step(Delimiter{c});
}

Result<Step> parse_split(const JsonView& json) {
  TRY(const JsonView pattern_json, json.field("pattern"));
  TRY(Pattern pattern, Pattern::parse(pattern_json));
  TRY(const JsonView behavior_json, json.field("behavior"));
  TRY(const Separators behavior, parse_behavior(behavior_json));
  TRY(const JsonView invert, json.field("invert"));
  TRY(const bool is_inverted, invert.boolean());
  return Step(Split{std::move(pattern), behavior, is_inverted});
}

// The expression by which GPT-2 cut words, for files that say "use_regex" or nothing.
constexpr std::string_view gpt2_words =
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

Result<Step> parse_step(std::string_view type, const JsonView& json) {
  if (type == "BertPreTokenizer") return Step(Bert());
  if (type == "Whitespace") return Step(Whitespace());
  if (type == "WhitespaceSplit") return Step(WhitespaceSplit());
  if (type == "Punctuation") return parse_punctuation(json);
  if (type == "Digits") return parse_digits(json);
  if (type == "CharDelimiterSplit" || type == "Delimiter") return parse_delimiter(json);
  if (type == "Split") return parse_split(json);
  if (type == "Metaspace") {
    TRY(Metaspace metaspace, parse_metaspace(json));
    return Step(std::move(metaspace));
  }
  return json.error(fmt::format("is a pre-tokenizer of the unknown type \"{}\"", type));
}

}  // namespace

// Files older than "prepend_scheme" say "add_prefix_space"; "str_rep" repeats the replacement.
Result<pre_tokenizers::Metaspace> parse_metaspace(const JsonView& json) {
  Metaspace step;
  TRY(const JsonView replacement, json.field("replacement"));
  TRY(step.replacement, replacement.character());
  utf8_append(step.text, step.replacement);
  const auto scheme = json.find("prepend_scheme");
  if (scheme) {
    TRY(const std::string_view name, scheme->text());
    if (name == "first") {
      step.prepend = Metaspace::Prepend::first;
    } else if (name == "never") {
      step.prepend = Metaspace::Prepend::never;
    } else if (name != "always") {
      return scheme->error(fmt::format("is the unknown scheme \"{}\"", name));
    }
  }
  if (const auto prefix = json.find("add_prefix_space")) {
    TRY(const bool has_prefix, prefix->boolean());
    if (!has_prefix && scheme && step.prepend != Metaspace::Prepend::never)
      return prefix->error("contradicts \"prepend_scheme\"");
    if (!has_prefix) step.prepend = Metaspace::Prepend::never;
  }
  if (const auto splits = json.find("split")) {
    TRY(step.splits, splits->boolean());
  }
  return step;
}

Result<PreTokenizer> PreTokenizer::parse(const JsonView& json) {
  PreTokenizer pre_tokenizer;
  TRY(pre_tokenizer.add_steps(json));
  return pre_tokenizer;
}

bool PreTokenizer::ends_with_bytes() const {
  return !steps_.empty() && std::holds_alternative<ByteLevel>(steps_.back());
}

bool PreTokenizer::needs_origins() const {
  return std::any_of(steps_.begin(), steps_.end(), [](const Step& step) {
    const auto* metaspace = std::get_if<Metaspace>(&step);
    return metaspace != nullptr && metaspace->prepend == Metaspace::Prepend::first;
  });
}

Result<> PreTokenizer::add_byte_level(const JsonView& json) {
  TRY(const JsonView prefix, json.field("add_prefix_space"));
  TRY(const bool adds_prefix_space, prefix.boolean());
  bool cuts = true;
  if (const auto use = json.find("use_regex")) {
    TRY(cuts, use->boolean());
  }
  if (adds_prefix_space) steps_.push_back(PrefixSpace());
  if (cuts) {
    TRY(Pattern words, Pattern::regex(gpt2_words));
    steps_.push_back(Split{std::move(words)});
  }
  steps_.push_back(ByteLevel());
  return {};
}

Result<> PreTokenizer::add_steps(const JsonView& json) {
  TRY(const std::string_view type, json.type());
  if (type == "ByteLevel") return add_byte_level(json);
  if (type != "Sequence") {
    TRY(Step step, parse_step(type, json));
    steps_.push_back(std::move(step));
    return {};
  }
  TRY(const JsonView parts, json.field("pretokenizers"));
  TRY(const json::array* list, parts.list());
  for (size_t i = 0; i < list->size(); ++i) TRY(add_steps(parts.element(*list, i)));
  return {};
}

Result<> PreTokenizer::apply(AlignedText& text, std::vector<WordSpan>& words, Scratch& scratch,
                             bool leaves_bytes) const {
  scratch.gave_up = false;
  const size_t count = steps_.size() - (leaves_bytes && ends_with_bytes() ? 1 : 0);
  for (size_t i = 0; i < count; ++i)
    std::visit([&](const auto& known) { apply_step(known, text, words, scratch); }, steps_[i]);
  if (scratch.gave_up) return Regex::out_of_steps();
  return {};
}

}  // namespace penchant
