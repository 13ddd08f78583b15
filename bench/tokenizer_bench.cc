// Tokenizes for bench/tokenizer.py, one line of a file after the other on one thread. A request a
// line, what is wanted and the file's path:
//   ids PATH       {"seconds":...,"tokens":...} for the ids alone
//   offsets PATH   the same for ids with offsets in code points
//   list PATH      the ids of every line, as one list
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

Result<size_t> encode_lines(const Tokenizer& tokenizer, const std::vector<std::string_view>& lines,
                            bool wants_offsets) {
  size_t tokens = 0;
  for (const std::string_view line : lines) {
    if (wants_offsets) {
      TRY(Encoding encoding, tokenizer.encode(line));
      to_code_points(line, encoding.offsets);
      tokens += encoding.ids.size();
    } else {
      TRY(const std::vector<int32_t> ids, tokenizer.encode_ids(line));
      tokens += ids.size();
    }
  }
  return tokens;
}

Result<> list_ids(const Tokenizer& tokenizer, const std::vector<std::string_view>& lines) {
  std::string out;
  for (const std::string_view line : lines) {
    TRY(const std::vector<int32_t> ids, tokenizer.encode_ids(line));
    fmt::format_to(std::back_inserter(out), "{}[{}]", out.empty() ? "" : ",", fmt::join(ids, ","));
  }
  fmt::print("[{}]\n", out);
  return {};
}

Result<> answer(const Tokenizer& tokenizer, std::string_view wanted, const std::string& path) {
  TRY(const std::string text, read_file(path, SIZE_MAX));
  std::vector<std::string_view> lines;
  for_each_line(text, [&](std::string_view line) { lines.push_back(line); });
  if (wanted == "list") return list_ids(tokenizer, lines);
  const auto start = std::chrono::steady_clock::now();
  TRY(const size_t tokens, encode_lines(tokenizer, lines, wanted == "offsets"));
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  fmt::print("{{\"seconds\":{},\"tokens\":{}}}\n", seconds.count(), tokens);
  return {};
}

Result<> run(const std::string& folder) {
  TRY(const Tokenizer tokenizer, Tokenizer::open(Path(folder) / "tokenizer.json"));
  for (std::string line; std::getline(std::cin, line); std::fflush(stdout)) {
    const size_t space = line.find(' ');
    if (space == std::string::npos) return invalid("a request is a word and a path");
    TRY(answer(tokenizer, std::string_view(line).substr(0, space), line.substr(space + 1)));
  }
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
