#include "base/shown.h"

#include <algorithm>

#include "base/utf8.h"

namespace penchant {

std::string shown(const json::value& value) {
  std::string text = to_text(value);
  if (text.size() <= 60) return text;
  text.resize(60);
  text.resize(std::min(text.size(), utf8_invalid_at(text)));  // not half a character
  return text + "...";
}

}  // namespace penchant
