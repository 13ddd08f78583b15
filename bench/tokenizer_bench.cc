// Tokenizes for bench/tokenizer.py:
//   tokenizer_bench MODEL_FOLDER   a file's path a line in: {"seconds":...,"tokens":...} out for
//                                  encoding its lines one after the other on one thread
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/lines.h"
#include "text/tokenizer.h"

namespace penchant {

namespace {

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

Result<> run(const std::string& folder) {
  TRY(const Tokenizer tokenizer, Tokenizer::open(Path(folder) / "tokenizer.json"));
  for (std::string line; std::getline(std::cin, line);) TRY(time_file(tokenizer, line));
  return {};
}

}  // namespace

}  // namespace penchant

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: tokenizer_bench MODEL_FOLDER\n");
    return 2;
  }
  const auto done = penchant::run(argv[1]);
  if (!done.ok()) fmt::print(stderr, "{}\n", done.error().message);
  return done.ok() ? 0 : 1;
}
