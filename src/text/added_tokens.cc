#include "text/added_tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "base/utf8.h"
#include "text/unicode_tables.h"

namespace penchant {

namespace {

// The character that ends before `at`, which is not 0.
char32_t last_character(std::string_view text, size_t at) {
  size_t begin = at - 1;
  while ((text[begin] & 0xC0) == 0x80) --begin;
  return utf8_next(text, begin);
}

bool is(char32_t c, uint32_t flag) { return UnicodeTables::get()[c].is(flag); }

bool ends_with_word(std::string_view text) {
  return !text.empty() && is(last_character(text, text.size()), CodePoint::word);
}

bool starts_with_word(std::string_view text) {
  size_t at = 0;
  return !text.empty() && is(utf8_next(text, at), CodePoint::word);
}

// White space around a place. The run found last is remembered, for tokens that are white space
// themselves and would otherwise look through the same run again and again.
class Space {
 public:
  explicit Space(std::string_view text) : text_(text) {}

  // Where the white space begins that ends at `end`; not before `least`.
  size_t before(size_t end, size_t least) const {
    while (end > least) {
      const char32_t c = last_character(text_, end);
      if (!is(c, CodePoint::space)) break;
      do --end;
      while ((text_[end] & 0xC0) == 0x80);
    }
    return end;
  }

  size_t after(size_t begin) {
    if (begin < run_begin_ || begin >= run_end_) {
      run_begin_ = run_end_ = begin;
      for (size_t next = begin; next < text_.size(); run_end_ = next)
        if (!is(utf8_next(text_, next), CodePoint::space)) break;
    }
    return run_end_;
  }

 private:
  std::string_view text_;
  size_t run_begin_ = 0, run_end_ = 0;
};

}  // namespace

Result<AddedTokens> AddedTokens::parse(const JsonView& json, const TokenModel& model,
                                       const Normalizer& normalizer) {
  AddedTokens added;
  TRY(added.read(json, model));
  TRY(added.raw_, added.make_finder(json, nullptr));
  TRY(added.normalized_, added.make_finder(json, &normalizer));
  return added;
}

Result<> AddedTokens::read(const JsonView& json, const TokenModel& model) {
  TRY(const json::array* list, json.list());
  auto next_id = static_cast<uint32_t>(model.vocabulary().count());
  for (size_t i = 0; i < list->size(); ++i) {
    const JsonView entry = json.element(*list, i);
    const auto flag = [&](std::string_view name) -> Result<bool> {
      TRY(const JsonView value, entry.field(name));
      return value.boolean();
    };
    TRY(const JsonView id, entry.field("id"));
    TRY(id.whole_number(limits::vocabulary_ids));
    TRY(const JsonView content, entry.field("content"));
    TRY(const std::string_view text, content.text());
    Token token;
    token.content = text;
    TRY(token.is_single_word, flag("single_word"));
    TRY(token.takes_space_left, flag("lstrip"));
    TRY(token.takes_space_right, flag("rstrip"));
    TRY(token.is_normalized, flag("normalized"));
    TRY(const bool is_special, flag("special"));
    if (text.empty()) continue;
    if (text.size() > limits::token_bytes)
      return content.error(
          fmt::format("has {} bytes, more than {}", text.size(), limits::token_bytes));

    if (is_special) special_.emplace(text);
    token.id = token_id(text);
    if (token.id < 0) token.id = model.vocabulary().find(text);
    if (token.id < 0) token.id = static_cast<int32_t>(next_id++);
    if (next_id > limits::vocabulary_ids)
      return json.error(fmt::format("leads to ids beyond {}", limits::vocabulary_ids));
    ids_end_ = std::max(ids_end_, static_cast<size_t>(token.id) + 1);
    // Of two entries with one id the last one counts.
    const auto [place, is_new] = by_id_.try_emplace(token.id, tokens_.size());
    by_content_[token.content] = place->second;
    if (is_new) {
      tokens_.push_back(std::move(token));
    } else {
      tokens_[place->second] = std::move(token);
    }
  }
  return {};
}

Result<AddedTokens::Finder> AddedTokens::make_finder(const JsonView& json,
                                                     const Normalizer* normalizer) const {
  std::vector<std::string> patterns(tokens_.size());
  std::vector<ByteTrie::Entry> entries;
  AlignedText text;
  for (size_t i = 0; i < tokens_.size(); ++i) {
    if (tokens_[i].is_normalized != (normalizer != nullptr)) continue;
    patterns[i] = tokens_[i].content;
    if (normalizer != nullptr) {
      text.reset(patterns[i], 0);
      TRY(normalizer->apply(text));
      patterns[i] = text.bytes();
    }
    if (patterns[i].empty())
      return json.error(
          fmt::format("has \"{}\", of which the normaliser leaves nothing", tokens_[i].content));
    entries.push_back({patterns[i], static_cast<int32_t>(i)});
  }
  Finder finder;
  if (entries.empty()) return finder;
  finder.is_empty = false;
  finder.only_start = entries[0].key[0];
  finder.has_only_start = true;
  for (const ByteTrie::Entry& entry : entries) {
    finder.starts_with[static_cast<unsigned char>(entry.key[0])] = true;
    finder.has_only_start &= entry.key[0] == finder.only_start;
  }
  finder.trie = ByteTrie(entries);
  for (size_t i = 1; i < entries.size(); ++i)
    if (entries[i].key == entries[i - 1].key)
      return json.error(
          fmt::format("has two tokens that are looked for as \"{}\"", entries[i].key));
  return finder;
}

size_t AddedTokens::Finder::next(std::string_view text, size_t at) const {
  if (is_empty) return text.size();
  if (has_only_start) return std::min(text.find(only_start, at), text.size());
  while (at < text.size() && !starts_with[static_cast<unsigned char>(text[at])]) ++at;
  return at;
}

int32_t AddedTokens::longest_at(const Finder& finder, std::string_view text, size_t begin,
                                size_t& end) const {
  int32_t longest = -1;
  ByteTrie::Node node = ByteTrie::root();
  for (size_t at = begin; at < text.size();) {
    node = finder.trie.child(node, text[at]);
    if (node == ByteTrie::none) break;
    ++at;
    if (finder.trie.value(node) < 0) continue;
    longest = finder.trie.value(node);
    end = at;
  }
  return longest;
}

void AddedTokens::split(const Finder& finder, std::string_view text,
                        std::vector<Part>& parts) const {
  Space space(text);
  size_t written = 0;
  const auto write = [&](const Part& part) {
    if (part.begin < part.end) parts.push_back(part);
  };
  for (size_t at = 0; (at = finder.next(text, at)) < text.size();) {
    size_t end = 0;
    const int32_t index = longest_at(finder, text, at, end);
    if (index < 0) {
      ++at;
      continue;
    }
    const Token& token = tokens_[static_cast<size_t>(index)];
    Part part{at, end, token.id};
    at = end;
    if (token.is_single_word &&
        (ends_with_word(text.substr(0, part.begin)) || starts_with_word(text.substr(part.end))))
      continue;
    if (token.takes_space_left)
      part.begin = std::max(written, space.before(part.begin, std::min(written, part.begin)));
    if (token.takes_space_right) part.end = space.after(part.end);
    write({written, part.begin, -1});
    write(part);
    written = part.end;
  }
  write({written, text.size(), -1});
}

void AddedTokens::split_raw(std::string_view text, std::vector<Part>& parts) const {
  split(raw_, text, parts);
}

void AddedTokens::split_normalized(std::string_view text, std::vector<Part>& parts) const {
  split(normalized_, text, parts);
}

std::string_view AddedTokens::token(int32_t id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? std::string_view() : tokens_[found->second].content;
}

int32_t AddedTokens::token_id(std::string_view content) const {
  const auto found = by_content_.find(std::string(content));
  return found == by_content_.end() ? -1 : tokens_[found->second].id;
}

}  // namespace penchant
