#include "app/line_answers.h"

#include <fmt/format.h>

#include <cstdio>

#include "app/output.h"
#include "base/json.h"

namespace penchant {

void append_error(std::string& out, std::string_view message) {
  out += to_text(json::object{{"error", message}});
  out += '\n';
}

Result<uint64_t> write_pieces(const std::vector<std::string>& pieces,
                              const std::vector<std::vector<std::string>>& errors) {
  uint64_t bad = 0;
  for (size_t i = 0; i < pieces.size(); ++i) {
    TRY(write_out(pieces[i]));
    for (const std::string& error : errors[i]) fmt::print(stderr, "{}\n", error);
    bad += errors[i].size();
  }
  return bad;
}

}  // namespace penchant
