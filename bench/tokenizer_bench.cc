// Tokenizes for bench/tokenizer.py and tools/compare_tokenizer.py --json:
//   tokenizer_bench MODEL_FOLDER          a JSON string a line in, {"ids":...,"offsets":...} out
//   tokenizer_bench MODEL_FOLDER --time   a file's path a line in: {"seconds":...,"tokens":...} out
//                                         for encoding its lines one after the other on one thread
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/lines.h"
#include "text/tokenizer.h"

namespace penchant {

namespace {

Result<> answer(const Tokenizer& tokenizer, const std::string& line) {
  TRY(const json::value value, parse_json(line, "line"));
  if (!value.is_string()) return invalid("a line must be a JSON string");
  const std::string_view text(value.get_string().data(), value.get_string().size());
  TRY(Encoding encoding, tokenizer.encode(text));
  to_code_points(text, encoding.offsets);
  std::string out = fmt::format("{{\"ids\":[{}],\"offsets\":[", fmt::join(encoding.ids, ","));
  for (size_t i = 0; i < encoding.offsets.size(); ++i)
    fmt::format_to(std::back_inserter(out), "{}[{},{}]", i == 0 ? "" : ",",
                   encoding.offsets[i].begin, encoding.offsets[i].end);
  fmt::print("{}]}}\n", out);
  return {};
}

Result<> time_file(const Tokenizer& tokenizer, const std::string& path) {
  TRY(const std::string text, read_file(path, SIZE_MAX));
  std::vector<std::string_view> lines;
  for_each_line(text, [&](std::string_view line) { lines.push_back(line); });
  size_t tokens = 0;
  const auto start = std::chrono::steady_clock::now();
  for (const std::string_view line : lines) {
    TRY(Encoding encoding, tokenizer.encode(line));
    to_code_points(line, encoding.offsets);
    tokens += encoding.ids.size();
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  fmt::print("{{\"seconds\":{},\"tokens\":{}}}\n", seconds.count(), tokens);
  std::fflush(stdout);
  return {};
}

Result<> run(const std::string& folder, bool is_timed) {
  TRY(const Tokenizer tokenizer, Tokenizer::open(Path(folder) / "tokenizer.json"));
  for (std::string line; std::getline(std::cin, line);)
    TRY(is_timed ? time_file(tokenizer, line) : answer(tokenizer, line));
  return {};
}

}  // namespace

}  // namespace penchant

int main(int argc, char** argv) {
  const bool is_timed = argc == 3 && std::string_view(argv[2]) == "--time";
  if (argc != 2 && !is_timed) {
    fmt::print(stderr, "usage: tokenizer_bench MODEL_FOLDER [--time]\n");
    return 2;
  }
  const auto done = penchant::run(argv[1], is_timed);
  if (!done.ok()) fmt::print(stderr, "{}\n", done.error().message);
  return done.ok() ? 0 : 1;
}
