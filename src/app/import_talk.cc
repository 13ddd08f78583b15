#include "app/import_talk.h"

#include <fmt/format.h>

namespace penchant {

namespace {
constexpr uint64_t bad_lines_shown = 1'000;
}

void ImportTalk::bad_line(std::string_view message) {
  if (++bad_lines_ > bad_lines_shown) return;
  progress_.clear();
  fmt::print(stderr, "{}\n", message);
  if (bad_lines_ == bad_lines_shown)
    fmt::print(stderr, "further bad lines are counted, not shown\n");
}

void ImportTalk::progress(uint64_t bytes_done, uint64_t bytes_total, uint64_t records) {
  progress_.show(records, bytes_done, bytes_total);
}

}  // namespace penchant
