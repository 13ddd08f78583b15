// penchant compress distil: a model made small, and what that costs, in a table.
#include <fmt/format.h>

#include <array>

#include "app/commands.h"
#include "app/compression_table.h"
#include "app/output.h"
#include "app/setup.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "encoder/distil.h"

namespace penchant {

namespace {

// The lines that the model is fitted to.
Result<std::vector<std::string>> read_texts(const Path& file) {
  TRY(LineReader lines, LineReader::open(file));
  std::vector<std::string> texts;
  std::string_view line;
  while (true) {
    TRY(const bool more, lines.next(line));
    if (!more) return texts;
    if (line.empty()) continue;
    TRY(check_utf8(line, fmt::format("{}:{}", file.string(), lines.line_number())));
    if (texts.size() >= limits::fitted_texts)
      return too_large(fmt::format("{}: more than {} texts", file.string(), limits::fitted_texts));
    texts.emplace_back(line);
  }
}

// A bar while texts are encoded, a line for each pass over them.
class DistilTalk final : public DistilObserver {
 public:
  explicit DistilTalk(std::string_view encoder) : encoder_(encoder) {}
  void encoded(uint64_t done, uint64_t total) override { bar_.show(done, done, total); }
  void epoch(int number, double mean_cosine) override {
    bar_.clear();
    fmt::print(stderr, "epoch {}: mean cosine with {} is {:.4f}\n", number, encoder_, mean_cosine);
  }

 private:
  const std::string_view encoder_;
  Progress bar_{"texts"};
};

struct Distil {
  Path model, texts, out;
  EncoderOptions encoder;
  DistilOptions options;
  int bits = 8;
  std::vector<std::string> pairs;
};

Result<Distil> read_options(const Arguments& arguments) {
  for (const char* needed : {"model", "texts", "out"})
    if (!arguments.has(needed)) return invalid(fmt::format("option --{} is missing", needed));
  Distil run;
  run.texts = arguments.get("texts");
  run.out = arguments.get("out");
  const auto pairs = arguments.all("pairs");
  run.pairs.assign(pairs.begin(), pairs.end());
  TRY(run.encoder.threads, chosen_threads(arguments));
  TRY(run.encoder.precision, chosen_precision(arguments));
  const auto size = [&](const char* name, int64_t fallback, int64_t least,
                        int64_t most) -> Result<size_t> {
    TRY(const int64_t value, arguments.integer(name, fallback, least, most));
    return static_cast<size_t>(value);
  };
  TRY(run.options.dimensions, size("dimensions", 256, 2, limits::vector_dimensions));
  TRY(run.options.tokens, size("tokens", 33'000, 1, 1'000'000));
  TRY(const size_t epochs, size("epochs", 5, 0, 100));
  run.options.epochs = static_cast<int>(epochs);
  TRY(const size_t bits, arguments.choice("bits", {"8", "4", "32"}));
  run.bits = std::array{8, 4, 32}[bits];
  return run;
}

Result<> distil(const Arguments& arguments, Distil run) {
  TRY(run.model, chosen_model(arguments));
  std::error_code ignored;
  if (std::filesystem::exists(run.out, ignored))
    return Error{Code::conflict, fmt::format("{} exists already", run.out.string())};
  TRY(const auto pairs, read_pair_files(run.pairs));
  TRY(const std::vector<std::string> lines, read_texts(run.texts));
  const std::vector<std::string_view> texts(lines.begin(), lines.end());
  TRY(const auto encoder, open_encoder(run.model, run.encoder));
  TRY(const std::string tokenizer,
      read_file(run.model / "tokenizer.json", limits::tokenizer_bytes));
  ThreadPool pool(run.encoder.threads);
  DistilTalk talk(encoder->name());
  TRY(const StaticModel model,
      penchant::distil(*encoder, tokenizer, texts, run.options, pool, talk));
  TRY(write_static_model(model, run.bits, run.out));
  return print_compression(run.model, run.out, run.encoder, texts, pairs);
}

}  // namespace

std::vector<Option> compress_options() {
  std::vector<Option> out = model_options();
  out.push_back({"texts", "FILE", "the texts to fit it to, one a line: such as it will read"});
  out.push_back({"out", "DIR", "the new model's folder"});
  out.push_back({"dimensions", "N", "of its vectors, even (default: 256)"});
  out.push_back({"tokens", "N", "of its vocabulary, the most frequent (default: 33000)"});
  out.push_back({"bits", "N", "of each number: 8, 4 or 32 (default: 8)"});
  out.push_back({"epochs", "N", "passes over the texts, 0 to 100 (default: 5)"});
  out.push_back(
      {"pairs", "FILE", "text, text and score with tabs between: what to measure with", 0, true});
  return out;
}

int command_compress(const Arguments& arguments) {
  const std::string& verb = arguments.positionals()[0];
  if (verb != "distil") return usage_error(fmt::format("\"{}\" is not distil", verb));
  auto run = read_options(arguments);
  if (!run.ok()) return usage_error(run.error().message);
  const auto done = distil(arguments, *std::move(run));
  return done.ok() ? 0 : failure(done.error());
}

}  // namespace penchant
