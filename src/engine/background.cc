#include "engine/background.h"

#include <string_view>
#include <vector>

#include "base/assets.h"
#include "base/lines.h"

namespace penchant {

Result<Matrix> encode_background(Encoder& encoder, Purpose purpose) {
  std::vector<std::string_view> phrases;
  for_each_line(assets::get("engine/background.txt"),
                [&](std::string_view line) { phrases.push_back(line); });
  return encoder.encode(phrases, purpose);
}

}  // namespace penchant
