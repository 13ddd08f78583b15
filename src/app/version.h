// The version of the program, as CMakeLists.txt has it.
#pragma once

#include <string_view>

namespace penchant {

std::string_view program_version();

}  // namespace penchant
