// The vocabulary of a Unigram tokenizer.json, read from its text without building JSON values: of a
// quarter of a million pairs they take longer to make than all the rest takes to open.
// Thread-safety: functions on their arguments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penchant {

struct UnigramPieces {
  std::string texts;           // one behind the other, valid UTF-8 each
  std::vector<uint32_t> ends;  // of each in `texts`
  std::vector<double> scores;  // as the package reads them (text/package_score.h)
  size_t size() const { return ends.size(); }
  std::string_view text(size_t i) const {
    const uint32_t begin = i == 0 ? 0 : ends[i - 1];
    return std::string_view(texts).substr(begin, ends[i] - begin);
  }
};

// A tokenizer.json in which the first list under a key "vocab" is the text `cut_mark`, and that
// list. Nothing where there is none, or it is not a list of pairs of a token and a score in valid
// JSON: then the whole is to be read as ever, which says what is wrong. Whether the list was that
// of the model is told by where the mark is found.
struct CutTokenizer {
  std::string json;
  UnigramPieces pieces;
};
inline constexpr std::string_view cut_mark = "(vocabulary)";
std::optional<CutTokenizer> cut_unigram_pieces(std::string_view tokenizer_json);

}  // namespace penchant
