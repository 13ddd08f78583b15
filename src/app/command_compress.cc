// penchant compress distil | prune | quantise: a model made small, and what that costs, in a table.
#include <fmt/format.h>

#include <array>

#include "app/commands.h"
#include "app/compression_table.h"
#include "app/output.h"
#include "app/setup.h"
#include "base/limits.h"
#include "base/text_lines.h"
#include "encoder/distil.h"
#include "encoder/prune.h"
#include "encoder/quantise.h"

namespace penchant {

namespace {

// What the model is fitted to or measured with.
Result<std::vector<std::string>> read_texts(const Path& file) {
  std::vector<std::string> texts;
  if (file.empty()) return texts;
  TRY(auto lines, read_text_lines(file, limits::fitted_texts, "texts"));
  for (TextLine& line : lines) texts.push_back(std::move(line.text));
  return texts;
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

struct Compression {
  Path model, texts, out;
  EncoderOptions encoder;
  std::vector<std::string> pairs;
};

Result<int> number(const Arguments& arguments, const char* name, int fallback, int least,
                   int most) {
  TRY(const int64_t value, arguments.integer(name, fallback, least, most));
  return static_cast<int>(value);
}

Result<Compression> read_options(const Arguments& arguments, const std::string& verb) {
  for (const std::string_view needed : {"model", "texts", "out"})
    if (!arguments.has(needed) && !(needed == "texts" && verb == "quantise"))
      return invalid(fmt::format("option --{} is missing", needed));
  Compression run;
  run.texts = arguments.get("texts");
  run.out = arguments.get("out");
  const auto pairs = arguments.all("pairs");
  run.pairs.assign(pairs.begin(), pairs.end());
  TRY(run.encoder.threads, chosen_threads(arguments));
  TRY(run.encoder.precision, chosen_precision(arguments));
  return run;
}

struct Distil {
  DistilOptions options;
  int bits = 8;
};

Result<Distil> read_distil(const Arguments& arguments) {
  Distil out;
  TRY(const int dimensions,
      number(arguments, "dimensions", 256, 2, static_cast<int>(limits::vector_dimensions)));
  out.options.dimensions = static_cast<size_t>(dimensions);
  TRY(const int tokens, number(arguments, "tokens", 33'000, 1, 1'000'000));
  out.options.tokens = static_cast<size_t>(tokens);
  TRY(out.options.epochs, number(arguments, "epochs", 5, 0, 100));
  TRY(const size_t bits, arguments.choice("bits", {"8", "4", "32"}));
  out.bits = std::array{8, 4, 32}[bits];
  return out;
}

Result<> distil(const Compression& run, const Distil& how, Encoder& encoder,
                std::span<const std::string_view> texts, ThreadPool& pool) {
  TRY(const std::string tokenizer,
      read_file(run.model / "tokenizer.json", limits::tokenizer_bytes));
  DistilTalk talk(encoder.name());
  TRY(const StaticModel model,
      penchant::distil(encoder, tokenizer, texts, how.options, pool, talk));
  return write_static_model(model, how.bits, run.out);
}

Result<PruneOptions> read_prune(const Arguments& arguments) {
  PruneOptions out;
  TRY(const int count, number(arguments, "least-count", 1, 0, 1'000'000'000));
  out.least_count = static_cast<uint64_t>(count);
  if (arguments.has("layers")) {
    TRY(const int layers, number(arguments, "layers", 1, 1, 1000));
    out.layers = static_cast<size_t>(layers);
  }
  return out;
}

Result<> prune(const Compression& run, PruneOptions how, Encoder& encoder,
               std::span<const std::string_view> texts, ThreadPool& pool) {
  how.prompts = {encoder.prompt(Purpose::query), encoder.prompt(Purpose::passage)};
  return penchant::prune(run.model, texts, how, pool, run.out);
}

Result<QuantiseOptions> read_quantise(const Arguments& arguments) {
  TRY(const size_t bits, arguments.choice("word-bits", {"8", "32"}));
  return QuantiseOptions{.words = bits == 0};
}

Result<> compress(const Arguments& arguments, Compression run, const std::string& verb) {
  TRY(const QuantiseOptions how_to_quantise, read_quantise(arguments));
  TRY(const Distil how_to_distil, read_distil(arguments));
  TRY(const PruneOptions how_to_prune, read_prune(arguments));
  TRY(run.model, chosen_model(arguments));
  std::error_code ignored;
  if (!std::filesystem::is_directory(run.model, ignored))
    return invalid(fmt::format("{} is no model's folder", run.model.string()));
  if (std::filesystem::exists(run.out, ignored))
    return Error{Code::conflict, fmt::format("{} exists already", run.out.string())};
  TRY(const auto pairs, read_pair_files(run.pairs));
  TRY(const std::vector<std::string> lines, read_texts(run.texts));
  const std::vector<std::string_view> texts(lines.begin(), lines.end());
  TRY(const auto encoder, open_encoder(run.model, run.encoder));
  ThreadPool pool(run.encoder.threads);
  if (verb == "distil")
    TRY(distil(run, how_to_distil, *encoder, texts, pool));
  else if (verb == "prune")
    TRY(prune(run, how_to_prune, *encoder, texts, pool));
  else
    TRY(quantise(run.model, how_to_quantise, pool, run.out));
  return print_compression(*encoder, run.model, run.out, run.encoder, texts, pairs);
}

}  // namespace

std::vector<Option> compress_options() {
  std::vector<Option> out = model_options();
  out.push_back({"texts", "FILE",
                 "texts such as the new model will read, one a line; quantise only measures"});
  out.push_back({"out", "DIR", "the new model's folder"});
  out.push_back({"dimensions", "N", "distil: of its vectors, even (default: 256)"});
  out.push_back({"tokens", "N", "distil: its vocabulary, the most frequent (default: 33000)"});
  out.push_back({"bits", "N", "distil: of each number: 8, 4 or 32 (default: 8)"});
  out.push_back({"epochs", "N", "distil: passes over the texts, 0 to 100 (default: 5)"});
  out.push_back({"least-count", "N", "prune: how often a token must occur to stay (default: 1)"});
  out.push_back({"layers", "N", "prune: how many stay, from the first (default: all)"});
  out.push_back(
      {"word-bits", "N", "quantise: of the numbers of the table of tokens: 8 or 32 (default: 8)"});
  out.push_back(
      {"pairs", "FILE", "text, text and score with tabs between: what to measure with", 0, true});
  return out;
}

int command_compress(const Arguments& arguments) {
  const std::string& verb = arguments.positionals()[0];
  if (verb != "distil" && verb != "prune" && verb != "quantise")
    return usage_error(fmt::format("\"{}\" is not distil, prune or quantise", verb));
  auto run = read_options(arguments, verb);
  if (!run.ok()) return usage_error(run.error().message);
  const auto done = compress(arguments, *std::move(run), verb);
  return done.ok() ? 0 : failure(done.error());
}

}  // namespace penchant
