#include "text/aligned_text.h"

#include <algorithm>
#include <utility>

namespace penchant {

void AlignedText::reset(std::string_view text, uint32_t begin, bool is_tracked) {
  bytes_.assign(text);
  begin_ = begin;
  is_tracked_ = is_tracked;
  is_untouched_ = true;
}

void AlignedText::write_down_origins() {
  if (!is_untouched_) return;
  origins_.resize(bytes_.size());
  for (uint32_t at = 0; at < bytes_.size();) {
    const uint32_t end = at + utf8_size(bytes_[at]);
    const Span origin{begin_ + at, begin_ + end};
    for (; at < end; ++at) origins_[at] = origin;
  }
  is_untouched_ = false;
}

Span AlignedText::last_origin(uint32_t end) const {
  uint32_t begin = end - 1;
  while ((bytes_[begin] & 0xC0) == 0x80) --begin;
  return {begin_ + begin, begin_ + end};
}

void AlignedText::transform(const std::vector<Change>& changes, size_t removed_at_start) {
  if (!is_tracked_) {
    std::string& written = rewritten();
    for (const Change& change : changes) utf8_append(written, change.c);
    return rewrite();
  }
  write_down_origins();
  old_bytes_.swap(bytes_);
  old_origins_.swap(origins_);
  bytes_.clear();
  origins_.clear();

  size_t at = 0;  // in the old text
  const auto skip = [&](size_t characters) {
    for (; characters > 0 && at < old_bytes_.size(); --characters) at += utf8_size(old_bytes_[at]);
  };
  skip(removed_at_start);
  for (const Change& change : changes) {
    Span origin{begin_, begin_};
    if (change.change > 0) {
      if (at > 0) origin = old_origins_[at - 1];
    } else if (!old_origins_.empty()) {
      origin = old_origins_[std::min(at, old_origins_.size() - 1)];
      skip(1 + static_cast<size_t>(-change.change));
    }
    append(change.c, origin);
  }
}

void AlignedText::start_like(const AlignedText& like) {
  bytes_.clear();
  origins_.clear();
  is_tracked_ = like.is_tracked_;
  is_untouched_ = false;
}

void AlignedText::append(std::string_view bytes, Span origin) {
  bytes_.append(bytes);
  if (is_tracked_) origins_.resize(bytes_.size(), origin);
}

void AlignedText::append(char32_t c, Span origin) {
  if (c < 0x80) {
    bytes_.push_back(static_cast<char>(c));
  } else {
    utf8_append(bytes_, c);
  }
  if (is_tracked_) origins_.resize(bytes_.size(), origin);
}

void AlignedText::append(const AlignedText& other, uint32_t begin, uint32_t end) {
  bytes_.append(other.bytes_, begin, end - begin);
  if (!is_tracked_) return;
  if (!other.is_untouched_) {
    origins_.insert(origins_.end(), other.origins_.begin() + begin, other.origins_.begin() + end);
    return;
  }
  while (begin < end) {
    const uint32_t next = begin + utf8_size(other.bytes_[begin]);
    origins_.insert(origins_.end(), next - begin, other.origin(begin, next));
    begin = next;
  }
}

void AlignedText::swap(AlignedText& other) noexcept { std::swap(*this, other); }

void AlignedText::shrink_beyond(size_t bytes) {
  if (std::max(bytes_.capacity(), old_bytes_.capacity()) > bytes) *this = AlignedText();
}

}  // namespace penchant
