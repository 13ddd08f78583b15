// SHA-256 of bytes, as 64 lower-case hexadecimal digits (OpenSSL). Thread-safety: safe.
#pragma once

#include <string>
#include <string_view>

namespace penchant {

std::string sha256(std::string_view bytes);

}  // namespace penchant
