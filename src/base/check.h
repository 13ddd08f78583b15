// CHECK(condition, message): for what can only go wrong in the program. Prints the place and
// aborts.
#pragma once

#include <string_view>

namespace penchant {

[[noreturn]] void check_failed(const char* file, int line, const char* condition,
                               std::string_view message);

}  // namespace penchant

#define CHECK(condition, message) \
  ((condition) ? (void)0 : ::penchant::check_failed(__FILE__, __LINE__, #condition, (message)))
