// SentencePiece's compiled normalisation rules (the "precompiled_charsmap" of tokenizer.json and of
// .model files): a darts-clone double array from UTF-8 to replacements, applied as the package
// applies it, grapheme cluster by grapheme cluster. The layout is in docs/FORMATS.md.
// Thread-safety: immutable.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "text/aligned_text.h"

namespace penchant {

class Charsmap {
 public:
  static Result<Charsmap> parse_base64(std::string_view base64);
  static Result<Charsmap> parse(std::string_view bytes);

  void apply(AlignedText& text) const;

  // The replacement of the shortest prefix of `chunk` that has one.
  std::optional<std::string_view> find(std::string_view chunk) const;

 private:
  bool leaves_ascii_alone(std::string_view text) const;
  void find_lonely();
  bool apply_lonely(AlignedText& text) const;

  std::vector<uint32_t> units_;  // the double array
  std::string replacements_;     // each ends with a zero byte
  std::vector<bool> has_rule_;   // of every ASCII character: whether its replacement is not itself
  // Of each code point of the first plane where its replacement starts. Those that can share a
  // cluster with a lonely neighbour are not lonely.
  static constexpr int32_t kept = -1, not_lonely = -2;
  std::vector<int32_t> lonely_;
};

}  // namespace penchant
