// Times opening a model whose files the system has in memory, for bench/open.py:
//   open_bench MODEL_FOLDER fp32|bf16|fast THREADS
// answers {"encoder":[...],"tokenizer":[...],"weights":[...]}, milliseconds: all of it, and its two
// parts apart, in turn. What was opened is closed outside the time.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "encoder/encoder.h"
#include "encoder/model_config.h"
#include "encoder/safetensors.h"
#include "encoder/tokenise.h"
#include "encoder/transformer.h"

namespace penchant {
namespace {

constexpr int rounds = 21;

template <class Open>
Result<> time(std::vector<double>& milliseconds, const Open& open) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  TRY(const auto opened, open());
  milliseconds.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
  return {};
}

Result<> run(const Path& folder, Precision precision, int threads) {
  std::vector<double> encoder, tokenizer, weights;
  TRY(const ModelConfig config, read_model_config(folder));
  for (int round = 0; round < rounds; ++round) {
    TRY(time(encoder,
             [&] { return open_encoder(folder, {.precision = precision, .threads = threads}); }));
    TRY(time(tokenizer, [&] { return open_tokenizer(folder, config); }));
    TRY(time(weights, [&]() -> Result<Transformer> {
      TRY(Safetensors file, Safetensors::open(folder / "model.safetensors"));
      return Transformer::load(std::move(file), config, precision);
    }));
  }
  fmt::print("{{\"encoder\":[{}],\"tokenizer\":[{}],\"weights\":[{}]}}\n", fmt::join(encoder, ","),
             fmt::join(tokenizer, ","), fmt::join(weights, ","));
  return {};
}

}  // namespace
}  // namespace penchant

int main(int argc, char** argv) {
  using namespace penchant;
  const std::string_view precision = argc == 4 ? argv[2] : "";
  if (precision != "fp32" && precision != "bf16" && precision != "fast") {
    fmt::print(stderr, "usage: open_bench MODEL_FOLDER fp32|bf16|fast THREADS\n");
    return 2;
  }
  const auto done = run(argv[1],
                        precision == "fp32"   ? Precision::fp32
                        : precision == "bf16" ? Precision::bf16
                                              : Precision::fast,
                        std::max(std::atoi(argv[3]), 1));
  if (!done.ok()) fmt::print(stderr, "open_bench: {}\n", done.error().message);
  return done.ok() ? 0 : 1;
}
