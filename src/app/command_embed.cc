// penchant embed: {"embedding":[...]} per line of stdin in its order, or one .npy array.
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>

#include "app/commands.h"
#include "app/line_answers.h"
#include "app/npy_writer.h"
#include "app/setup.h"
#include "base/limits.h"
#include "encoder/encoder.h"
#include "encoder/pooling.h"

namespace penchant {

namespace {

constexpr size_t batch_bytes = 1u << 20;

struct EmbedRun {
  Encoder& encoder;
  Purpose purpose;
  size_t dimensions;  // 0: the model's
  ThreadPool& pool;

  Result<Matrix> vectors(const LineBatch& batch) const {
    TRY(Matrix all, encoder.encode(batch.lines, purpose));
    TRY(shorten(all, dimensions));
    return all;
  }
};

// The shortest text that reads back as the same float.
void append(std::string& out, float number) {
  char text[32];
  out.append(text, std::to_chars(text, text + sizeof text, number).ptr);
}

void append_vector(std::string& out, std::span<const float> vector) {
  out += "{\"embedding\":[";
  for (size_t i = 0; i < vector.size(); ++i) {
    if (i > 0) out += ',';
    append(out, vector[i]);
  }
  out += "]}\n";
}

// Bad lines are empty in the batch, so one of them costs nothing and spoils nothing.
Result<uint64_t> embed_json_lines(const EmbedRun& run) {
  LineBatches batches(STDIN_FILENO, batch_bytes);
  LineBatch batch;
  uint64_t bad = 0;
  while (true) {
    TRY(const bool more, batches.next(batch));
    if (!more) return bad;
    TRY(const Matrix vectors, run.vectors(batch));
    TRY(const uint64_t errors,
        write_answers(run.pool, batch, [&](size_t i, std::string& out) -> Result<> {
          append_vector(out, vectors.row(i));
          return {};
        }));
    bad += errors;
  }
}

// An array has no place for an error: the first bad line ends it.
Result<uint64_t> embed_npy(const EmbedRun& run) {
  LineBatches batches(STDIN_FILENO, batch_bytes);
  LineBatch batch;
  NpyWriter writer(run.dimensions > 0 ? run.dimensions : run.encoder.dimensions());
  while (true) {
    TRY(const bool more, batches.next(batch));
    if (!more) break;
    for (const std::string& error : batch.errors)
      if (!error.empty()) return invalid(error);
    TRY(const Matrix vectors, run.vectors(batch));
    for (size_t i = 0; i < batch.lines.size(); ++i) TRY(writer.add(vectors.row(i)));
  }
  TRY(writer.finish());
  return 0;
}

struct EmbedOptions {
  int threads;
  Precision precision;
  Purpose purpose = Purpose::plain;
  size_t dimensions = 0;
  bool npy = false;
};

Result<EmbedOptions> read_options(const Arguments& arguments) {
  if (!arguments.has("model")) return invalid("option --model is missing");
  EmbedOptions out;
  TRY(out.threads, chosen_threads(arguments));
  TRY(out.precision, chosen_precision(arguments));
  TRY(const size_t purpose, arguments.choice("purpose", {"plain", "query", "passage"}));
  out.purpose = std::array{Purpose::plain, Purpose::query, Purpose::passage}[purpose];
  TRY(const size_t format, arguments.choice("format", {"jsonl", "npy"}));
  out.npy = format == 1;
  TRY(const int64_t dimensions,
      arguments.integer("dimensions", 0, 1, int64_t{limits::vector_dimensions}));
  out.dimensions = static_cast<size_t>(dimensions);
  return out;
}

Result<uint64_t> embed(const Arguments& arguments, const EmbedOptions& options) {
  TRY(const Path path, chosen_model(arguments));
  TRY(const auto encoder,
      open_encoder(path, {.precision = options.precision, .threads = options.threads}));
  if (options.dimensions > encoder->dimensions())
    return invalid(fmt::format("option --dimensions: {} is more than the {} of {}",
                               options.dimensions, encoder->dimensions(), encoder->name()));
  ThreadPool pool(options.threads);
  const EmbedRun run = {*encoder, options.purpose, options.dimensions, pool};
  return options.npy ? embed_npy(run) : embed_json_lines(run);
}

}  // namespace

std::vector<Option> embed_options() {
  std::vector<Option> out = model_options();
  out.push_back({"format", "F", "jsonl or npy (one float32 array; default: jsonl)"});
  out.push_back({"purpose", "P", "plain, query or passage (default: plain, the text as given)"});
  out.push_back({"dimensions", "N", "the first N numbers, again of length 1 (default: all)"});
  return out;
}

int command_embed(const Arguments& arguments) {
  const auto options = read_options(arguments);
  if (!options.ok()) return usage_error(options.error().message);
  const auto bad = embed(arguments, *options);
  if (!bad.ok()) return failure(bad.error());
  return *bad > 0 ? exit_failure : 0;
}

}  // namespace penchant
