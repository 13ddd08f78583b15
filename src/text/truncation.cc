#include "text/truncation.h"

#include <fmt/format.h>

#include <algorithm>

namespace penchant {

namespace {

Result<Truncate> parse_strategy(const JsonView& json) {
  TRY(const std::string_view name, json.text());
  if (name == "LongestFirst") return Truncate::longest_first;
  if (name == "OnlyFirst") return Truncate::only_first;
  if (name == "OnlySecond") return Truncate::only_second;
  return json.error(fmt::format("is the unknown strategy \"{}\"", name));
}

// The package's arithmetic to the letter; `first` and `second` are more than `most` together.
std::pair<size_t, size_t> longest_first(size_t first, size_t second, size_t most) {
  const bool is_swapped = first > second;
  size_t shorter = std::min(first, second);
  size_t longer = shorter > most ? shorter : std::max(shorter, most - shorter);
  if (shorter + longer > most) {
    shorter = most / 2;
    longer = shorter + most % 2;
  }
  return is_swapped ? std::pair(longer, shorter) : std::pair(shorter, longer);
}

}  // namespace

Result<Truncation> Truncation::parse(const JsonView& json, size_t added_count) {
  Truncation truncation;
  TRY(const JsonView length, json.field("max_length"));
  TRY(truncation.max_tokens, length.whole_number(UINT32_MAX));
  TRY(const JsonView strategy, json.field("strategy"));
  TRY(truncation.which, parse_strategy(strategy));
  TRY(const JsonView stride_field, json.field("stride"));
  TRY(const uint32_t stride, stride_field.whole_number(UINT32_MAX));
  if (truncation.max_tokens < added_count + stride)
    return length.error(fmt::format("{} leaves no room beside {} special tokens and a stride of {}",
                                    truncation.max_tokens, added_count, stride));
  if (const auto direction = json.find("direction")) {
    TRY(const std::string_view name, direction->text());
    if (name != "Left" && name != "Right")
      return direction->error(fmt::format("must be \"Left\" or \"Right\", not \"{}\"", name));
    truncation.keeps_end = name == "Left";
  }
  return truncation;
}

Result<size_t> Truncation::kept(size_t count, size_t most) const {
  if (count <= most || most == 0) return std::min(count, most);
  if (which == Truncate::only_second)
    return invalid(fmt::format(
        "{} tokens are more than {}, and only a second text may be cut, which there is not", count,
        most));
  return most;
}

Result<std::pair<size_t, size_t>> Truncation::kept(size_t first, size_t second, size_t most) const {
  if (first + second <= most) return std::pair(first, second);
  if (most == 0) return std::pair<size_t, size_t>(0, 0);
  if (which == Truncate::longest_first) {
    const auto [a, b] = longest_first(first, second, most);
    return std::pair(std::min(first, a), std::min(second, b));
  }
  const bool is_first = which == Truncate::only_first;
  const size_t too_many = first + second - most;
  if ((is_first ? first : second) <= too_many)
    return invalid(fmt::format("the {} text of {} tokens cannot lose {}, and the other may not",
                               is_first ? "first" : "second", is_first ? first : second, too_many));
  return is_first ? std::pair(first - too_many, second) : std::pair(first, second - too_many);
}

}  // namespace penchant
