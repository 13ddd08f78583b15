// penchant tokenize: {"ids":[...],"offsets":[[begin,end],...]} per line of stdin, in its order.
#include <unistd.h>

#include <charconv>

#include "app/commands.h"
#include "app/line_answers.h"
#include "app/setup.h"
#include "text/tokenizer.h"

namespace penchant {

namespace {

constexpr size_t batch_bytes = 2u << 20;

void append(std::string& out, int64_t number) {
  char text[24];
  out.append(text, std::to_chars(text, text + sizeof text, number).ptr);
}

void append_encoding(std::string& out, const Encoding& encoding) {
  out += "{\"ids\":[";
  for (size_t i = 0; i < encoding.ids.size(); ++i) {
    if (i > 0) out += ',';
    append(out, encoding.ids[i]);
  }
  out += "],\"offsets\":[";
  for (size_t i = 0; i < encoding.offsets.size(); ++i) {
    out += i > 0 ? ",[" : "[";
    append(out, encoding.offsets[i].begin);
    out += ',';
    append(out, encoding.offsets[i].end);
    out += ']';
  }
  out += "]}\n";
}

// Everything of stdin; the number of bad lines.
Result<uint64_t> tokenize_lines(const Tokenizer& tokenizer, int threads) {
  ThreadPool pool(threads);
  LineBatches batches(STDIN_FILENO, batch_bytes);
  LineBatch batch;
  uint64_t bad = 0;
  while (true) {
    TRY(const bool more, batches.next(batch));
    if (!more) return bad;
    TRY(const uint64_t errors,
        write_answers(pool, batch, [&](size_t i, std::string& out) -> Result<> {
          TRY(Encoding encoding, tokenizer.encode(batch.lines[i]));
          to_code_points(batch.lines[i], encoding.offsets);
          append_encoding(out, encoding);
          return {};
        }));
    bad += errors;
  }
}

Result<Tokenizer> open_tokenizer(const Arguments& arguments) {
  TRY(Path path, chosen_model(arguments));
  if (std::filesystem::is_directory(path)) path /= "tokenizer.json";
  return Tokenizer::open(path);
}

}  // namespace

std::vector<Option> tokenize_options() {
  return {{"model", "M", "an installed model's name, or a folder with tokenizer.json", 'm'},
          {"models", "DIR", "where models are installed (default: $PENCHANT_MODELS)"},
          {"threads", "N", "1 to 1024 (default: all processors)"}};
}

int command_tokenize(const Arguments& arguments) {
  if (!arguments.has("model")) return usage_error("option --model is missing");
  const auto threads = chosen_threads(arguments);
  if (!threads.ok()) return usage_error(threads.error().message);
  const auto tokenizer = open_tokenizer(arguments);
  if (!tokenizer.ok()) return failure(tokenizer.error());
  const auto bad = tokenize_lines(*tokenizer, *threads);
  if (!bad.ok()) return failure(bad.error());
  return *bad > 0 ? exit_failure : 0;
}

}  // namespace penchant
