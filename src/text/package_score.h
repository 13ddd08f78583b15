// Scores of tokens as the `tokenizers` package reads them from JSON: the digits as an integer,
// divided by a power of ten, which is one step beside the nearest double one time in nine. Ties
// between ways to cut a word are decided by such steps.
// Thread-safety: functions on values.
#pragma once

#include <cstdint>

namespace penchant {

double package_score(uint64_t digits, int exponent);  // digits * 10^exponent

// Of a number of which only the nearest double is known: its digits are those of the shortest text
// that stands for it, which is what writers of tokenizer.json put down.
double package_score(double written);

}  // namespace penchant
