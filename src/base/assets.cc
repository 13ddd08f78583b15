#include "base/assets.h"

#include "base/check.h"

namespace penchant::assets {

std::string_view get(std::string_view name) {
  for (const Asset& asset : all())
    if (asset.name == name) return asset.bytes;
  check_failed(__FILE__, __LINE__, "asset exists", name);
}

}  // namespace penchant::assets
