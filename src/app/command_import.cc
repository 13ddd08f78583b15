// penchant import: files of any known format into a data folder, with a bar while it runs, bad
// lines on stderr and a summary at the end.
#include <fmt/format.h>

#include "app/commands.h"
#include "app/data_folder.h"
#include "app/import_talk.h"
#include "app/output.h"
#include "engine/engine.h"

namespace penchant {

namespace {

// "title=name,text=description": field of ours = column of the file.
Result<> read_map(std::string_view text, std::map<std::string, std::string>& columns) {
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    const size_t equals = pair.find('=');
    if (equals == pair.npos || equals == 0 || equals + 1 == pair.size())
      return invalid(fmt::format("option --map must be FIELD=COLUMN,..., not \"{}\"", pair));
    if (!columns.emplace(pair.substr(0, equals), pair.substr(equals + 1)).second)
      return invalid(fmt::format("option --map names \"{}\" twice", pair.substr(0, equals)));
  }
  return {};
}

Result<ImportOptions> import_options_from(const Arguments& arguments) {
  if (arguments.has("format"))
    TRY(arguments.choice("format", {"jsonl", "csv", "movielens", "recbole", "amazon"}));
  if (arguments.has("kind")) TRY(arguments.choice("kind", {"items", "users", "events"}));
  ImportOptions options;
  options.format = arguments.get("format");
  options.kind = arguments.get("kind");
  options.event_type = arguments.get("type");
  options.strict = arguments.has("strict");
  for (const std::string& map : arguments.all("map")) TRY(read_map(map, options.columns));
  return options;
}

// Looked at before the data folder is made: a mistyped file name leaves nothing behind.
Result<std::vector<Path>> existing_paths(std::span<const std::string> words) {
  std::vector<Path> paths;
  for (const std::string& word : words) {
    std::error_code ignored;
    if (!std::filesystem::exists(word, ignored))
      return not_found(fmt::format("cannot open {}: No such file or directory", word));
    paths.emplace_back(word);
  }
  return paths;
}

std::string counted(uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", with_commas(count), what, count == 1 ? "" : "s");
}

Result<> print_summary(const ImportSummary& summary, bool as_json) {
  if (as_json || !stdout_is_terminal())
    return write_out(to_text(json::object{{"items", summary.items},
                                          {"users", summary.users},
                                          {"events", summary.events},
                                          {"bad_lines", summary.bad_lines}}) +
                     "\n");
  std::string text = fmt::format("imported {}, {}, {}", counted(summary.items, "item"),
                                 counted(summary.users, "user"), counted(summary.events, "event"));
  if (summary.bad_lines > 0) text += "; skipped " + counted(summary.bad_lines, "bad line");
  return write_out(text + "\n");
}

}  // namespace

std::vector<Option> import_options() {
  std::vector<Option> out = data_options();
  out.push_back({"format", "F", "jsonl, csv, movielens, recbole or amazon (default: detected)"});
  out.push_back({"kind", "K", "items, users or events, for jsonl and csv (default: detected)"});
  out.push_back({"map", "FIELD=COLUMN,...", "which column of a CSV is which field", 0, true});
  out.push_back({"type", "T", "type of events whose file tells none (default: by format)"});
  out.push_back({"strict", "", "the first bad line ends the import"});
  out.push_back({"json", "", "the summary as JSON, on a terminal too"});
  return out;
}

int command_import(const Arguments& arguments) {
  if (!arguments.has("data")) return usage_error("option --data is missing");
  const auto options = import_options_from(arguments);
  if (!options.ok()) return usage_error(options.error().message);
  const auto paths = existing_paths(arguments.positionals());
  if (!paths.ok()) return failure(paths.error());
  auto engine = open_engine(arguments, Folder::created);
  if (!engine.ok()) return failure(engine.error());

  ImportTalk talk;
  const auto summary = (*engine)->import(chosen_tenant(arguments), *paths, *options, talk);
  talk.finish();
  if (!summary.ok()) return failure(summary.error());
  const auto printed = print_summary(*summary, arguments.has("json"));
  if (!printed.ok()) return failure(printed.error());
  // Some bad lines are a file's everyday; nothing but bad lines is a wrong file.
  const bool nothing = summary->items + summary->users + summary->events == 0;
  return nothing && summary->bad_lines > 0 ? exit_failure : 0;
}

}  // namespace penchant
