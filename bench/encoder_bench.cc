// Times the encoder for bench/encoder.py:
//   encoder_bench MODEL_FOLDER fp32|bf16|fast [THREADS]
// reads lines "all PATH" or "each PATH" of a file with a text a line and answers each with
//   {"seconds":[...],"tokenise_seconds":...,"tokens":...}
// all: one call of Encoder::encode with every text; each: a call for each text, a time for each.
// encode() starts from text, as a caller does; what its tokenising alone takes on the same threads
// is measured apart, so that both figures can be given.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/lines.h"
#include "base/threads.h"
#include "encoder/encoder.h"
#include "encoder/tokenise.h"

namespace penchant {
namespace {

double now() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

Result<> time_file(Encoder& encoder, ThreadPool& pool, std::string_view request) {
  const bool all = request.starts_with("all ");
  if (!all && !request.starts_with("each "))
    return invalid(fmt::format("\"{}\" is neither \"all PATH\" nor \"each PATH\"", request));
  TRY(const std::string text, read_file(std::string(request.substr(all ? 4 : 5)), SIZE_MAX));
  std::vector<std::string_view> lines;
  for_each_line(text, [&](std::string_view line) { lines.push_back(line); });
  const size_t step = all ? lines.size() : 1;

  std::vector<double> seconds;
  for (size_t i = 0; i < lines.size(); i += step) {
    const double start = now();
    TRY(const Matrix vectors, encoder.encode(std::span(lines).subspan(i, step), Purpose::plain));
    seconds.push_back(now() - start);
  }
  size_t tokens = 0;
  double tokenise_seconds = 0;
  for (size_t i = 0; i < lines.size(); i += step) {
    const double start = now();
    TRY(const auto ids, tokenise(*encoder.tokenizer(), std::span(lines).subspan(i, step), "",
                                 {.max_tokens = encoder.max_tokens()}, pool));
    tokenise_seconds += now() - start;
    for (const auto& some : ids) tokens += some.size();
  }
  fmt::print("{{\"seconds\":[{}],\"tokenise_seconds\":{},\"tokens\":{}}}\n",
             fmt::join(seconds, ","), tokenise_seconds, tokens);
  std::fflush(stdout);
  return {};
}

Result<> run(const Path& folder, Precision precision, int threads) {
  TRY(const auto encoder, open_encoder(folder, {.precision = precision, .threads = threads}));
  if (encoder->tokenizer() == nullptr)
    return invalid(fmt::format("{}: word vectors are no transformer", folder.string()));
  ThreadPool pool(threads);
  for (std::string line; std::getline(std::cin, line);) TRY(time_file(*encoder, pool, line));
  return {};
}

}  // namespace
}  // namespace penchant

int main(int argc, char** argv) {
  using namespace penchant;
  const std::string_view precision = argc >= 3 ? argv[2] : "";
  if (argc > 4 || (precision != "fp32" && precision != "bf16" && precision != "fast")) {
    fmt::print(stderr, "usage: encoder_bench MODEL_FOLDER fp32|bf16|fast [THREADS]\n");
    return 2;
  }
  const int threads = argc == 4 ? std::atoi(argv[3]) : hardware_threads();
  const auto done = run(argv[1],
                        precision == "fp32"   ? Precision::fp32
                        : precision == "bf16" ? Precision::bf16
                                              : Precision::fast,
                        std::max(threads, 1));
  if (!done.ok()) fmt::print(stderr, "encoder_bench: {}\n", done.error().message);
  return done.ok() ? 0 : 1;
}
