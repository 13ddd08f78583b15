#include "text/package_score.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

namespace penchant {

namespace {

// 1e0 to 1e308, each the double nearest to it.
const std::array<double, 309>& powers_of_ten() {
  static const auto powers = [] {
    std::array<double, 309> filled{};
    for (size_t i = 0; i < filled.size(); ++i) {
      const std::string text = fmt::format("1e{}", i);
      std::from_chars(text.data(), text.data() + text.size(), filled[i]);
    }
    return filled;
  }();
  return powers;
}

}  // namespace

double package_score(uint64_t digits, int exponent) {
  auto score = static_cast<double>(digits);
  for (; exponent < -308; exponent += 308) score /= 1e308;
  if (exponent >= 0) return score * powers_of_ten()[static_cast<size_t>(exponent)];
  return score / powers_of_ten()[static_cast<size_t>(-exponent)];
}

double package_score(double written) {
  char text[32];
  const char* const end =
      std::to_chars(text, text + sizeof(text), std::abs(written), std::chars_format::scientific)
          .ptr;
  const char* at = text;
  uint64_t digits = 0;
  int exponent = 1;
  for (; *at != 'e'; ++at) {
    if (*at == '.') continue;
    digits = digits * 10 + static_cast<uint64_t>(*at - '0');
    --exponent;
  }
  int written_exponent = 0;
  std::from_chars(at + (at[1] == '+' ? 2 : 1), end, written_exponent);
  exponent += written_exponent;

  const double score = package_score(digits, exponent);
  return std::signbit(written) ? -score : score;
}

}  // namespace penchant
