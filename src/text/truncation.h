// The "truncation" of a tokenizer.json, and how many tokens it leaves of one or two texts.
// Thread-safety: values and functions; safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/result.h"
#include "text/tokenizer.h"
#include "text/tokenizer_json.h"

namespace penchant {

struct Truncation {
  size_t max_tokens = SIZE_MAX;  // special ones included
  Truncate which = Truncate::longest_first;
  bool keeps_end = false;  // what goes goes on the left

  // `added_count`: the special tokens around a single text, for which there must be room.
  static Result<Truncation> parse(const JsonView& json, size_t added_count);

  // How many of `count` tokens stay when at most `most` may, or of `first` and `second` together.
  // Fails where what may be cut is too short.
  Result<size_t> kept(size_t count, size_t most) const;
  Result<std::pair<size_t, size_t>> kept(size_t first, size_t second, size_t most) const;
};

}  // namespace penchant
