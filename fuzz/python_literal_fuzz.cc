// Python literals: what is accepted is JSON that its own reader accepts.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "store/python_literal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto value = penchant::parse_python(text, "text");
  if (!value.ok()) return 0;
  const auto again = penchant::parse_json(penchant::to_text(*value), "again");
  CHECK(again.ok(), again.error().message);
  return 0;
}
