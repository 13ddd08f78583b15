// penchant tokenize: {"ids":[...],"offsets":[[begin,end],...]} per line of stdin, in its order;
// with --pairs a line is two texts, with --decode it is ids.
#include <unistd.h>

#include <charconv>

#include "app/commands.h"
#include "app/line_answers.h"
#include "app/setup.h"
#include "base/json.h"
#include "base/limits.h"
#include "encoder/built_in.h"
#include "encoder/gguf.h"
#include "encoder/tokenise.h"
#include "text/tokenizer.h"

namespace penchant {

namespace {

constexpr size_t batch_bytes = 2u << 20;

struct TokenizeOptions {
  EncodeOptions encode;
  bool are_pairs = false;  // of texts, with a tab between
  bool is_json = false;    // a line is a string or a list of two
  bool decodes = false;
  bool wants_offsets = true;
  bool keeps_special_tokens = false;  // when decoding
  int threads = 1;
};

void append(std::string& out, int64_t number) {
  char text[24];
  out.append(text, std::to_chars(text, text + sizeof text, number).ptr);
}

// The opening, then what `write` appends for each of `count`, then "]".
template <class Write>
void append_list(std::string& out, std::string_view opening, size_t count, const Write& write) {
  out += opening;
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) out += ',';
    write(i);
  }
  out += ']';
}

void append_encoding(std::string& out, const Encoding& encoding, bool is_pair) {
  const size_t count = encoding.ids.size();
  append_list(out, "{\"ids\":[", count, [&](size_t i) { append(out, encoding.ids[i]); });
  append_list(out, ",\"offsets\":[", count, [&](size_t i) {
    out += '[';
    append(out, encoding.offsets[i].begin);
    out += ',';
    append(out, encoding.offsets[i].end);
    out += ']';
  });
  if (is_pair) {
    append_list(out, ",\"type_ids\":[", count,
                [&](size_t i) { append(out, encoding.type_ids[i]); });
    append_list(out, ",\"sequence_ids\":[", count, [&](size_t i) {
      const int8_t id = encoding.sequence_ids[i];
      out += id < 0 ? "null" : id == 0 ? "0" : "1";
    });
  }
  out += "}\n";
}

Result<std::string> text_of(const json::value& value) {
  if (const auto* text = value.if_string()) return std::string(text->data(), text->size());
  return invalid("must be a text, not " + shown(value));
}

// The text or the two texts of a line.
struct Texts {
  std::string first, second;
};

Result<Texts> read_texts(std::string_view line, const TokenizeOptions& options) {
  Texts texts;
  if (!options.is_json) {
    const size_t tab = options.are_pairs ? line.find('\t') : line.size();
    if (tab == std::string_view::npos) return invalid("has no tab between the two texts of a pair");
    texts.first = line.substr(0, tab);
    if (options.are_pairs) texts.second = line.substr(tab + 1);
    return texts;
  }
  TRY(const json::value value, parse_json(line, "JSON"));
  if (!options.are_pairs) {
    TRY(texts.first, text_of(value));
    return texts;
  }
  const auto* list = value.if_array();
  if (list == nullptr || list->size() != 2)
    return invalid("must be a list of two texts, not " + shown(value));
  TRY(texts.first, text_of((*list)[0]));
  TRY(texts.second, text_of((*list)[1]));
  return texts;
}

Result<> answer_texts(const Tokenizer& tokenizer, std::string_view line,
                      const TokenizeOptions& options, std::string& out) {
  TRY(const Texts texts, read_texts(line, options));
  if (!options.wants_offsets) {
    TRY(const std::vector<int32_t> ids, tokenizer.encode_ids(texts.first, options.encode));
    append_list(out, "{\"ids\":[", ids.size(), [&](size_t i) { append(out, ids[i]); });
    out += "}\n";
    return {};
  }
  TRY(Encoding encoding, options.are_pairs
                             ? tokenizer.encode_pair(texts.first, texts.second, options.encode)
                             : tokenizer.encode(texts.first, options.encode));
  to_code_points(texts.first, texts.second, encoding);
  append_encoding(out, encoding, options.are_pairs);
  return {};
}

// [101,...], or an object with "ids" such as this command prints.
Result<std::vector<int32_t>> read_ids(std::string_view line) {
  TRY(const json::value value, parse_json(line, "JSON"));
  const json::value* ids = &value;
  if (const auto* object = value.if_object()) ids = object->if_contains("ids");
  if (ids == nullptr || !ids->is_array())
    return invalid("must be a list of ids or an object with \"ids\", not " + shown(value));
  std::vector<int32_t> out;
  for (const json::value& id : ids->get_array()) {
    const auto* number = id.if_int64();
    if (number == nullptr || *number < 0 || *number >= static_cast<int64_t>(limits::vocabulary_ids))
      return invalid("an id must be a whole number below " +
                     std::to_string(limits::vocabulary_ids) + ", not " + shown(id));
    out.push_back(static_cast<int32_t>(*number));
  }
  return out;
}

Result<> answer_ids(const Tokenizer& tokenizer, std::string_view line,
                    const TokenizeOptions& options, std::string& out) {
  TRY(const std::vector<int32_t> ids, read_ids(line));
  TRY(const std::string text, tokenizer.decode(ids, !options.keeps_special_tokens));
  out += to_text(json::object{{"text", text}});
  out += '\n';
  return {};
}

// Everything of stdin; the number of bad lines.
Result<uint64_t> tokenize_lines(const Tokenizer& tokenizer, const TokenizeOptions& options) {
  ThreadPool pool(options.threads);
  const bool holds_json = options.is_json || options.decodes;
  LineBatches batches(STDIN_FILENO, batch_bytes,
                      holds_json ? limits::line_bytes : 2 * limits::text_bytes);
  LineBatch batch;
  uint64_t bad = 0;
  while (true) {
    TRY(const bool more, batches.next(batch));
    if (!more) return bad;
    const auto answer = options.decodes ? answer_ids : answer_texts;
    TRY(const uint64_t errors, write_answers(pool, batch, [&](size_t i, std::string& out) {
          return answer(tokenizer, batch.lines[i], options, out);
        }));
    bad += errors;
  }
}

Result<Tokenizer> chosen_tokenizer(const Arguments& arguments) {
  TRY(const Path path, chosen_model(arguments));
  if (is_built_in(path)) return Tokenizer::parse(built_in_tokenizer(), path.string());
  const bool is_model = std::filesystem::is_directory(path) || is_gguf(path);
  return is_model ? open_tokenizer(path) : Tokenizer::open(path);
}

Result<TokenizeOptions> read_options(const Arguments& arguments) {
  TokenizeOptions out;
  if (!arguments.has("model")) return invalid("option --model is missing");
  TRY(out.threads, chosen_threads(arguments));
  out.are_pairs = arguments.has("pairs");
  out.is_json = arguments.has("json");
  out.decodes = arguments.has("decode");
  out.wants_offsets = !arguments.has("ids-only");
  TRY(const size_t special, arguments.choice("special-tokens", {"yes", "no"}));
  out.encode.add_special_tokens = special == 0;
  out.keeps_special_tokens = arguments.has("special-tokens") && special == 0;
  TRY(const int64_t most, arguments.integer("max-tokens", 0, 1, 1'000'000'000));
  out.encode.max_tokens = static_cast<size_t>(most);
  TRY(const size_t which, arguments.choice("truncate", {"longest-first", "first", "second"}));
  out.encode.truncate = static_cast<Truncate>(which);
  TRY(const size_t side, arguments.choice("truncate-side", {"right", "left"}));
  out.encode.keeps_end = side == 1;
  for (const char* name : {"truncate", "truncate-side"})
    if (arguments.has(name) && most == 0)
      return invalid("option --" + std::string(name) + " needs --max-tokens");
  for (const char* name : {"pairs", "json", "max-tokens", "ids-only"})
    if (out.decodes && arguments.has(name))
      return invalid("options --decode and --" + std::string(name) + " do not go together");
  if (out.are_pairs && !out.wants_offsets)
    return invalid("options --pairs and --ids-only do not go together");
  return out;
}

}  // namespace

std::vector<Option> tokenize_options() {
  return {
      {"model", "M",
       "an installed model's name, a folder with tokenizer.json, that file or a GGUF file", 'm'},
      {"models", "DIR", "where models are installed (default: $PENCHANT_MODELS)"},
      {"pairs", "", "a line is two texts with a tab between, encoded together"},
      {"json", "", "a line is a JSON string (with --pairs a list of two), so texts may hold any"},
      {"ids-only", "", "without offsets, which is several times as fast"},
      {"decode", "",
       "a line is a JSON list of ids, or what this command prints: to {\"text\":...}"},
      {"special-tokens", "B",
       "yes or no: put special tokens around texts (default: yes); keep them with --decode "
       "(default: no)"},
      {"max-tokens", "N", "at most so many, special ones included (default: as the file says)"},
      {"truncate", "T",
       "which text of a pair: longest-first, first or second (default: "
       "longest-first)"},
      {"truncate-side", "S", "where tokens go: right or left (default: right)"},
      {"threads", "N", "1 to 1024 (default: all processors)"}};
}

int command_tokenize(const Arguments& arguments) {
  const auto options = read_options(arguments);
  if (!options.ok()) return usage_error(options.error().message);
  const auto tokenizer = chosen_tokenizer(arguments);
  if (!tokenizer.ok()) return failure(tokenizer.error());
  const auto bad = tokenize_lines(*tokenizer, *options);
  if (!bad.ok()) return failure(bad.error());
  return *bad > 0 ? exit_failure : 0;
}

}  // namespace penchant
