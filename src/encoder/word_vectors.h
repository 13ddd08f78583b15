// Word vectors in text: word2vec and fastText (a first line "words dimensions"), GloVe (none); then
// a word and its numbers on every line, separated by spaces or tabs. Plain or gzip. A line of the
// wrong width, a number that is none, a file shorter than its header says are errors naming the
// line; a word that comes again or is not UTF-8 (both occur in published files) is skipped and
// reported to the log.
// Thread-safety: immutable after reading.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "math/matrix.h"
#include "text/tokenizer.h"

namespace penchant {

struct WordVectors {
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view word) const { return std::hash<std::string_view>()(word); }
  };

  Matrix vectors;  // [words, dimensions]
  std::unordered_map<std::string, uint32_t, Hash, std::equal_to<>> rows;
  uint64_t skipped = 0;  // lines left out, each reported

  struct Found {
    uint32_t row = 0;
    Span place;  // bytes of the text
    bool operator==(const Found&) const = default;
  };

  // The words of a text (valid UTF-8) that have a vector, in its order: as written, else folded,
  // else (Chinese, Japanese) character by character.
  std::vector<Found> find(std::string_view text) const;
};

Result<WordVectors> read_word_vectors(const Path& path);

}  // namespace penchant
