#include "text/bpe.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <queue>
#include <utility>

#include "base/limits.h"
#include "text/aligned_text.h"
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
        words_(this->vocabulary().size()) {}

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
    if (symbols.size() > 64) {
      merge_many(symbols);
    } else {
      merge_few(symbols);
    }
    if (whole >= 0 && symbols.size() == 1 && symbols[0].id == whole)
      words_[static_cast<size_t>(whole)].store(1, std::memory_order_relaxed);
    uint32_t begin = 0;
    for (const Symbol& symbol : symbols) {
      tokens.push_back({symbol.id, begin, begin + symbol.size});
      begin += symbol.size;
    }
    return {};
  }

 private:
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

  // Looks at all neighbours for each merge: the fastest for words as they are.
  void merge_few(std::vector<Symbol>& symbols) const {
    std::array<Merges::Merge, 64> merges;  // of each symbol with the next
    for (size_t i = 0; i + 1 < symbols.size(); ++i)
      merges[i] = merges_.find(symbols[i].id, symbols[i + 1].id);
    while (symbols.size() > 1) {
      const auto end = merges.begin() + static_cast<std::ptrdiff_t>(symbols.size() - 1);
      const auto best = std::min_element(
          merges.begin(), end, [](const auto& a, const auto& b) { return a.rank < b.rank; });
      if (best->rank == Merges::none) return;
      const auto at = static_cast<size_t>(best - merges.begin());
      symbols[at].id = best->id;
      symbols[at].size += symbols[at + 1].size;
      symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(at + 1));
      std::copy(best + 1, end, best);
      if (at + 1 < symbols.size()) *best = merges_.find(symbols[at].id, symbols[at + 1].id);
      if (at > 0) *(best - 1) = merges_.find(symbols[at - 1].id, symbols[at].id);
    }
  }

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
      const auto& merge = merges_.find(symbols[at].id, symbols[next].id);
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
