#include "engine/background.h"

#include <string_view>
#include <vector>

#include "base/assets.h"

namespace penchant {

Result<Matrix> encode_background(Encoder& encoder, Purpose purpose) {
  std::vector<std::string_view> phrases;
  std::string_view rest = assets::get("engine/background.txt");
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    phrases.push_back(rest.substr(0, end));
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  }
  return encoder.encode(phrases, purpose);
}

}  // namespace penchant
