#include "text/bpe.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <queue>
#include <utility>

#include "base/limits.h"
#include "base/utf8.h"
#include "text/aligned_text.h"
#include "text/byte_level.h"
#include "text/byte_tokens.h"
#include "text/merges.h"

namespace penchant {

namespace {

struct Options {
  std::string continuing_prefix, end_suffix;
  std::string unknown;  // empty: none, and what is unknown is left out
  bool fuses_unknown = false;
  bool has_bytes = false;       // "<0x0A>" stands for a byte of an unknown character
  bool ignores_merges = false;  // a word that is a token is that token
};

// A token in the making: its id and how many bytes of the word it stands for.
struct Symbol {
  int32_t id = 0;
  uint32_t size = 0;
  uint32_t previous = 0, next = 0;  // of the long way
};

class BytePairs final : public TokenModel {
 public:
  BytePairs(Vocabulary vocabulary, Merges merges, Options options)
      : TokenModel(std::move(vocabulary)),
        merges_(std::move(merges)),
        options_(std::move(options)),
        unknown_(this->vocabulary().find(options_.unknown)),
        continuing_(this->vocabulary().trie().walk(ByteTrie::root(), options_.continuing_prefix)),
        bytes_(this->vocabulary(), options_.has_bytes),
        words_(this->vocabulary().size()) {
    if (!options_.continuing_prefix.empty() || !options_.end_suffix.empty()) return;
    find_characters();
    starts_words_ = !options_.ignores_merges && this->vocabulary().find(space_mark) >= 0;
    merges_.for_each([&](int32_t, int32_t, const Merges::Merge& merge) {
      starts_words_ &= !has_mark_inside(this->vocabulary().token(merge.id));
    });
  }

  Result<> tokenize(std::string_view word, std::vector<Token>& tokens) const override {
    // Most words are tokens whose merges lead to themselves, which is found out once.
    const int32_t whole = options_.end_suffix.empty() ? vocabulary().find(word) : -1;
    if (whole >= 0 && (options_.ignores_merges || is_word(whole))) {
      tokens.push_back({whole, 0, static_cast<uint32_t>(word.size())});
      return {};
    }
    thread_local std::vector<Symbol> symbols;
    symbols.clear();
    TRY(split(word, symbols));
    merge(symbols);
    if (whole >= 0 && symbols.size() == 1 && symbols[0].id == whole)
      words_[static_cast<size_t>(whole)].store(1, std::memory_order_relaxed);
    uint32_t begin = 0;
    for (const Symbol& symbol : symbols) {
      tokens.push_back({symbol.id, begin, begin + symbol.size});
      begin += symbol.size;
    }
    return {};
  }

  std::string_view word_start() const override { return starts_words_ ? space_mark : ""; }

  // Begins with whole characters where that gives the same as beginning with their bytes.
  Result<> tokenize_bytes(std::string_view word, std::vector<int32_t>& ids) const override {
    if (characters_.empty() || options_.ignores_merges)
      return TokenModel::tokenize_bytes(word, ids);
    thread_local std::vector<Symbol> symbols;
    symbols.clear();
    for (size_t at = 0; at < word.size();) {
      const size_t begin = at;
      const char32_t c = utf8_next(word, at);
      const Character character = c < characters_.size() ? characters_[c] : Character();
      const bool is_safe =
          character.id >= 0 && (begin == 0 || character.is_safe_behind(word[begin - 1]));
      if (is_safe) {
        symbols.push_back({character.id, static_cast<uint32_t>(at - begin)});
        continue;
      }
      for (size_t i = begin; i < at; ++i) {
        const int32_t id = byte_ids_[static_cast<unsigned char>(word[i])];
        if (id < 0) return TokenModel::tokenize_bytes(word, ids);
        symbols.push_back({id, 1});
      }
    }
    merge(symbols);
    for (const Symbol& symbol : symbols) ids.push_back(symbol.id);
    return {};
  }

 private:
  // A character beyond ASCII whose bytes merge to one token before any of them can merge with what
  // is beside the character. Then it may be taken for that token from the start: no merge of a
  // lower rank has the token itself either, so nothing is decided earlier than it would be.
  struct Character {
    int32_t id = -1;
    bool after_ascii = false, after_others = false;

    bool is_safe_behind(char byte) const {
      return static_cast<unsigned char>(byte) < 0x80 ? after_ascii : after_others;
    }
  };

  // Of a token: the earliest merge it is part of.
  struct Neighbours {
    uint32_t on_left = Merges::none;  // with what can start a character on its right
    uint32_t on_right_of_ascii = Merges::none, on_right_of_others = Merges::none;
    uint32_t any = Merges::none;
  };

  // SentencePiece's mark for a space. Where no merge leads to a token that has it behind something
  // else, none goes across the start of a word.
  static constexpr std::string_view space_mark = "\xE2\x96\x81";
  static bool has_mark_inside(std::string_view token) {
    while (token.starts_with(space_mark)) token.remove_prefix(space_mark.size());
    return token.find(space_mark) != std::string_view::npos;
  }

  void find_characters() {
    for (size_t byte = 0; byte < 256; ++byte) {
      std::string character;
      utf8_append(character, character_of_byte(static_cast<unsigned char>(byte)));
      byte_ids_[byte] = vocabulary().find(character);
    }
    std::vector<Neighbours> neighbours(vocabulary().size());
    merges_.for_each([&](int32_t left, int32_t right, const Merges::Merge& merge) {
      Neighbours& of_left = neighbours[static_cast<size_t>(left)];
      Neighbours& of_right = neighbours[static_cast<size_t>(right)];
      const auto lower = [&](uint32_t& rank) { rank = std::min(rank, merge.rank); };
      lower(of_left.any), lower(of_right.any);
      if (!is_continuation(first_byte(right))) lower(of_left.on_left);
      const int last = last_byte(left);
      if (last < 0x80) lower(of_right.on_right_of_ascii);
      if (last < 0 || last >= 0x80) lower(of_right.on_right_of_others);
    });
    characters_.resize(0x10000);
    for (size_t id = 0; id < vocabulary().size(); ++id)
      find_character(static_cast<int32_t>(id), neighbours);
  }

  static bool is_continuation(int byte) { return byte >= 0x80 && byte < 0xC0; }
  // -1 where a token is no bytes: it may stand for any.
  int first_byte(int32_t id) const {
    const std::string_view text = vocabulary().token(id);
    size_t at = 0;
    return text.empty() ? -1 : byte_of_character(utf8_next(text, at));
  }
  int last_byte(int32_t id) const {
    const std::string_view text = vocabulary().token(id);
    int last = -1;
    for (size_t at = 0; at < text.size();) last = byte_of_character(utf8_next(text, at));
    return last;
  }

  void find_character(int32_t id, const std::vector<Neighbours>& neighbours) {
    const std::string_view text = vocabulary().token(id);
    std::string bytes;
    for (size_t at = 0; at < text.size() && bytes.size() < 4;) {
      const int byte = byte_of_character(utf8_next(text, at));
      if (byte < 0) return;
      bytes.push_back(static_cast<char>(byte));
    }
    if (bytes.size() < 2 || bytes.size() > 3 || utf8_invalid_at(bytes) != std::string::npos) return;
    size_t end = 0;
    const char32_t c = utf8_next(bytes, end);
    if (end != bytes.size() || text.size() != 2 * bytes.size()) return;
    std::vector<int32_t> parts;
    for (const char byte : bytes) parts.push_back(byte_ids_[static_cast<unsigned char>(byte)]);
    if (std::find(parts.begin(), parts.end(), -1) != parts.end()) return;
    // Merging inside, what lies at the ends meets the neighbours.
    Neighbours ends;
    uint32_t last_rank = 0;
    while (parts.size() > 1) {
      const Neighbours& first = neighbours[static_cast<size_t>(parts.front())];
      const Neighbours& last = neighbours[static_cast<size_t>(parts.back())];
      ends.on_left = std::min(ends.on_left, last.on_left);
      ends.on_right_of_ascii = std::min(ends.on_right_of_ascii, first.on_right_of_ascii);
      ends.on_right_of_others = std::min(ends.on_right_of_others, first.on_right_of_others);
      size_t best = 0;
      Merges::Merge merge;
      for (size_t i = 0; i + 1 < parts.size(); ++i) {
        const Merges::Merge other = merges_.find(parts[i], parts[i + 1]);
        if (other.rank < merge.rank) merge = other, best = i;
      }
      if (merge.rank == Merges::none) return;
      last_rank = std::max(last_rank, merge.rank);
      parts[best] = merge.id;
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(best + 1));
    }
    if (parts[0] != id || ends.on_left <= last_rank) return;
    if (neighbours[static_cast<size_t>(id)].any <= last_rank) return;
    characters_[c] = {id, ends.on_right_of_ascii > last_rank, ends.on_right_of_others > last_rank};
  }

  bool is_word(int32_t id) const {
    return words_[static_cast<size_t>(id)].load(std::memory_order_relaxed) != 0;
  }

  // The token of one character, or -1.
  int32_t character(std::string_view bytes, bool is_first, bool is_last) const {
    const ByteTrie& trie = vocabulary().trie();
    ByteTrie::Node node = is_first ? ByteTrie::root() : continuing_;
    if (node != ByteTrie::none) node = trie.walk(node, bytes);
    if (node != ByteTrie::none && is_last) node = trie.walk(node, options_.end_suffix);
    return node == ByteTrie::none ? -1 : trie.value(node);
  }

  Result<> split(std::string_view word, std::vector<Symbol>& symbols) const {
    uint32_t unknown_bytes = 0;  // met and not yet written down
    const auto write_unknown = [&] {
      if (unknown_bytes > 0) symbols.push_back({unknown_, std::exchange(unknown_bytes, 0)});
    };
    for (size_t at = 0; at < word.size();) {
      const uint32_t size = utf8_size(word[at]);
      const std::string_view bytes = word.substr(at, size);
      const int32_t id = character(bytes, at == 0, at + size == word.size());
      at += size;
      if (id >= 0) {
        write_unknown();
        symbols.push_back({id, size});
      } else if (bytes_.cover(bytes)) {
        // As in the package, unknown characters before these come after them.
        for (const char byte : bytes) symbols.push_back({bytes_[byte], 1});
      } else if (!options_.unknown.empty()) {
        if (unknown_ < 0)
          return invalid(
              fmt::format("\"{}\" is not in the vocabulary, and neither is the unknown "
                          "token \"{}\"",
                          bytes, options_.unknown));
        if (!options_.fuses_unknown) write_unknown();
        unknown_bytes += size;
      }
    }
    write_unknown();
    return {};
  }

  static constexpr size_t few = 256;

  void merge(std::vector<Symbol>& symbols) const {
    if (symbols.size() < 2) return;
    if (symbols.size() > few) {
      merge_many(symbols);
    } else {
      merge_few(symbols);
    }
  }

  // Looks at all neighbours for each merge: the fastest for words as they are. The key of two
  // neighbours is the merge's rank and the place of the left one, so that the least is what comes
  // first, and the leftmost of its kind.
  void merge_few(std::vector<Symbol>& symbols) const {
    constexpr int32_t never = std::numeric_limits<int32_t>::max();
    std::array<int32_t, few> keys, merged;
    const auto count = static_cast<uint32_t>(symbols.size());
    const auto look = [&](uint32_t at) {
      keys[at] = never;
      if (symbols[at].next == count) return;
      const auto merge = merges_.find(symbols[at].id, symbols[symbols[at].next].id);
      if (merge.rank == Merges::none) return;
      keys[at] = static_cast<int32_t>(merge.rank * few + at);
      merged[at] = merge.id;
    };
    for (uint32_t i = 0; i < count; ++i) {
      symbols[i].previous = i - 1;
      symbols[i].next = i + 1;
    }
    for (uint32_t i = 0; i < count; ++i) look(i);
    while (true) {
      int32_t least = never;
      for (uint32_t i = 0; i < count; ++i) least = std::min(least, keys[i]);
      if (least == never) break;
      const uint32_t at = static_cast<uint32_t>(least) % few;
      Symbol& left = symbols[at];
      const uint32_t right = left.next;
      left.id = merged[at];
      left.size += std::exchange(symbols[right].size, 0);
      left.next = symbols[right].next;
      keys[right] = never;
      if (left.next != count) symbols[left.next].previous = at;
      look(at);
      if (at > 0) look(left.previous);
    }
    std::erase_if(symbols, [](const Symbol& symbol) { return symbol.size == 0; });
  }
  static_assert(limits::vocabulary_ids * few <= std::numeric_limits<int32_t>::max());

  // The same with a queue of what can be merged, for texts without word boundaries.
  void merge_many(std::vector<Symbol>& symbols) const {
    struct Candidate {
      uint32_t rank, at;
      int32_t left, right, id;
      bool operator<(const Candidate& other) const {  // the queue hands out the greatest
        return std::pair(rank, at) > std::pair(other.rank, other.at);
      }
    };
    const auto count = static_cast<uint32_t>(symbols.size());
    std::priority_queue<Candidate> queue;
    const auto offer = [&](uint32_t at) {
      const uint32_t next = symbols[at].next;
      if (next == count) return;
      const auto merge = merges_.find(symbols[at].id, symbols[next].id);
      if (merge.rank == Merges::none) return;
      queue.push({merge.rank, at, symbols[at].id, symbols[next].id, merge.id});
    };
    for (uint32_t i = 0; i < count; ++i) {
      symbols[i].previous = i - 1;
      symbols[i].next = i + 1;
    }
    for (uint32_t i = 0; i < count; ++i) offer(i);
    while (!queue.empty()) {
      const Candidate best = queue.top();
      queue.pop();
      Symbol& left = symbols[best.at];
      if (left.size == 0 || left.next == count || left.id != best.left) continue;
      Symbol& right = symbols[left.next];
      if (right.id != best.right) continue;
      left.id = best.id;
      left.size += std::exchange(right.size, 0);
      left.next = right.next;
      if (left.next != count) symbols[left.next].previous = best.at;
      if (best.at > 0) offer(left.previous);
      offer(best.at);
    }
    std::erase_if(symbols, [](const Symbol& symbol) { return symbol.size == 0; });
  }

  Merges merges_;
  Options options_;
  int32_t unknown_;            // -1: none
  ByteTrie::Node continuing_;  // behind the prefix; none when no token starts so
  ByteTokens bytes_;
  std::array<int32_t, 256> byte_ids_;  // of the tokens that stand for one byte; -1: none
  std::vector<Character> characters_;  // of the first plane; empty where words have other marks
  bool starts_words_ = false;
  mutable std::vector<std::atomic<uint8_t>> words_;  // by id: 1 when its text gives that one token
};

Result<Options> parse_options(const JsonView& json) {
  Options options;
  const auto text = [&](std::string_view name, std::string& out) -> Result<> {
    if (const auto field = json.find(name)) {
      TRY(const std::string_view value, field->text());
      if (value.size() > limits::token_bytes)
        return field->error(
            fmt::format("has {} bytes, more than {}", value.size(), limits::token_bytes));
      out = value;
    }
    return {};
  };
  const auto flag = [&](std::string_view name, bool& out) -> Result<> {
    if (const auto field = json.find(name)) {
      TRY(out, field->boolean());
    }
    return {};
  };
  TRY(text("unk_token", options.unknown));
  TRY(text("continuing_subword_prefix", options.continuing_prefix));
  TRY(text("end_of_word_suffix", options.end_suffix));
  TRY(flag("fuse_unk", options.fuses_unknown));
  TRY(flag("byte_fallback", options.has_bytes));
  TRY(flag("ignore_merges", options.ignores_merges));
  if (const auto dropout = json.find("dropout")) {
    TRY(const double share, dropout->number());
    if (share != 0) return dropout->error(fmt::format("{} makes tokens random", share));
  }
  if (options.has_bytes && !(options.continuing_prefix.empty() && options.end_suffix.empty()))
    return json.error("has byte_fallback and a prefix or suffix of words");
  return options;
}

// "ab c", or ["ab", "c"] in newer files.
Result<std::pair<std::string_view, std::string_view>> parse_pair(const JsonView& json) {
  if (const auto pair = json.list(); pair.ok()) {
    if ((*pair)->size() != 2) return json.error("must be two tokens");
    TRY(const std::string_view left, json.element(**pair, 0).text());
    TRY(const std::string_view right, json.element(**pair, 1).text());
    return std::pair(left, right);
  }
  TRY(const std::string_view both, json.text());
  const size_t space = both.find(' ');
  if (space == std::string_view::npos || both.find(' ', space + 1) != std::string_view::npos)
    return json.error(fmt::format("must be two tokens with a space between, not \"{}\"", both));
  return std::pair(both.substr(0, space), both.substr(space + 1));
}

Result<Merges> parse_merges(const JsonView& json, const Vocabulary& vocabulary,
                            const Options& options) {
  TRY(const JsonView field, json.field("merges"));
  TRY(const json::array* list, field.list());
  if (list->size() > limits::vocabulary_ids)
    return field.error(
        fmt::format("has {} entries, more than {}", list->size(), limits::vocabulary_ids));
  Merges merges(list->size());
  uint32_t rank = 0;
  for (size_t i = 0; i < list->size(); ++i) {
    const JsonView entry = field.element(*list, i);
    if (const auto text = entry.text(); text.ok() && text->starts_with("#version")) continue;
    TRY(const auto pair, parse_pair(entry));
    const auto& [left, right] = pair;
    if (right.size() < options.continuing_prefix.size())
      return entry.error(fmt::format("has the token \"{}\" without its prefix", right));
    const std::string both =
        fmt::format("{}{}", left, right.substr(options.continuing_prefix.size()));
    const int32_t ids[] = {vocabulary.find(left), vocabulary.find(right), vocabulary.find(both)};
    const std::string_view texts[] = {left, right, both};
    for (size_t k = 0; k < 3; ++k)
      if (ids[k] < 0) return entry.error(fmt::format("has \"{}\", which is no token", texts[k]));
    merges.add(ids[0], ids[1], rank++, ids[2]);
  }
  return merges;
}

}  // namespace

Result<std::unique_ptr<const TokenModel>> parse_bpe(const JsonView& json) {
  TRY(Options options, parse_options(json));
  TRY(Vocabulary vocabulary, parse_vocabulary(json));
  TRY(Merges merges, parse_merges(json, vocabulary, options));
  return std::unique_ptr<const TokenModel>(
      std::make_unique<BytePairs>(std::move(vocabulary), std::move(merges), std::move(options)));
}

}  // namespace penchant
