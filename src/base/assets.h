// Small files compiled into the program (cmake/Assets.cmake): "app/openapi.html",
// "mining/stop.txt". Thread-safety: immutable.
#pragma once

#include <span>
#include <string_view>

namespace penchant::assets {

struct Asset {
  std::string_view name;  // "<module>/<file>"
  std::string_view bytes;
};

std::span<const Asset> all();

// The bytes of one asset; that it exists is the program's own promise.
std::string_view get(std::string_view name);

}  // namespace penchant::assets
