#include "text/packed_asset.h"

#include <zlib.h>

#include <cstring>

#include "base/assets.h"
#include "base/check.h"

namespace penchant {

std::string unpack_asset(std::string_view name) {
  const std::string_view packed = assets::get(name);
  uint32_t length = 0;
  CHECK(packed.size() > sizeof length, "packed asset has a length");
  std::memcpy(&length, packed.data(), sizeof length);
  std::string data(length, '\0');
  uLongf unpacked = length;
  const int status = uncompress(reinterpret_cast<Bytef*>(data.data()), &unpacked,
                                reinterpret_cast<const Bytef*>(packed.data() + sizeof length),
                                static_cast<uLong>(packed.size() - sizeof length));
  CHECK(status == Z_OK && unpacked == length, "packed asset is whole");
  return data;
}

}  // namespace penchant
