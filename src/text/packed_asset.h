// Word lists the program carries compressed: u32 length, then a zlib stream.
// Thread-safety: functions; safe.
#pragma once

#include <string>
#include <string_view>

namespace penchant {

std::string unpack_asset(std::string_view name);

}  // namespace penchant
