// A piece of text under normalisation: its bytes now, and for every byte the bytes of the original
// text it came from. What the package calls NormalizedString; the rules by which a byte gets its
// origin are the package's to the letter, because token offsets show them.
// Where only ids are asked for, it keeps the bytes alone.
// Thread-safety: one thread at a time. Invariants: valid UTF-8; all bytes of a character share one
// origin; origins never go back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "text/tokenizer.h"

namespace penchant {

// One character of a changed text, and how it stands to the characters before the change.
struct Change {
  char32_t c = 0;
  // 0: takes the place of the next old character; 1: is new and shares the origin of what lies
  // before it; -n: takes the place of the next old character, and n more go.
  int32_t change = 0;
};

class AlignedText {
 public:
  // `text` as it stands at byte `begin` of the original. Untracked, every origin is {0, 0}.
  void reset(std::string_view text, uint32_t begin, bool is_tracked = true);
  bool is_tracked() const { return is_tracked_; }

  std::string_view bytes() const { return bytes_; }
  // Where bytes [begin, end), on character boundaries and not empty, came from.
  Span origin(uint32_t begin, uint32_t end) const {
    if (!is_tracked_) return {};
    if (is_untouched_) return {begin_ + begin, begin_ + end};
    return {origins_[begin].begin, origins_[end - 1].end};
  }

  // Of the character that ends at `end`.
  Span origin_of_last(uint32_t end) const {
    if (!is_tracked_) return {};
    return is_untouched_ ? last_origin(end) : origins_[end - 1];
  }

  // Replaces the whole text. `removed_at_start`: so many old characters go without a trace before
  // the first change.
  void transform(const std::vector<Change>& changes, size_t removed_at_start = 0);
  // Keeps the characters for which `keep` holds.
  template <class Keep>
  void filter(Keep keep);

  // While no character has moved, the bytes may be overwritten in place by characters of the same
  // sizes.
  bool is_untouched() const { return is_untouched_; }
  char* data() { return bytes_.data(); }

  // For writing a text from left to right, each part with the place it came from, tracked as
  // `like` is.
  void start_like(const AlignedText& like);
  void append(std::string_view bytes, Span origin);
  void append(char32_t c, Span origin);
  void append(const AlignedText& other, uint32_t begin, uint32_t end);

  // For writing an untracked text anew: into rewritten(), which becomes the text with rewrite().
  std::string& rewritten() {
    old_bytes_.clear();
    return old_bytes_;
  }
  void rewrite() {
    bytes_.swap(old_bytes_);
    is_untouched_ = false;
  }

  void swap(AlignedText& other) noexcept;
  // Gives memory back when it holds more than so many bytes of text.
  void shrink_beyond(size_t bytes);

  std::vector<Change> scratch;  // for building the changes of transform

 private:
  void write_down_origins();
  Span last_origin(uint32_t end) const;

  std::string bytes_;
  std::vector<Span> origins_;  // of every byte, unless is_untouched_
  uint32_t begin_ = 0;
  bool is_tracked_ = true;
  bool is_untouched_ = true;  // every byte stands where it stood: its origin is begin_ + position
  std::string old_bytes_;     // kept for their memory
  std::vector<Span> old_origins_;
};

template <class Keep>
void AlignedText::filter(Keep keep) {
  scratch.clear();
  size_t removed_at_start = 0;
  for (size_t at = 0; at < bytes_.size();) {
    const char32_t c = utf8_next(bytes_, at);
    if (keep(c)) {
      scratch.push_back({c, 0});
    } else if (scratch.empty()) {
      ++removed_at_start;
    } else {
      --scratch.back().change;
    }
  }
  transform(scratch, removed_at_start);
}

// Bytes of the UTF-8 sequence that starts with `lead`.
inline constexpr uint32_t utf8_size(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

// Whether all bytes are ASCII.
inline bool is_ascii(std::string_view text) { return ascii_size(text) == text.size(); }

}  // namespace penchant
