// One importer a format, and how files are told apart. import.cc puts them together.
// Thread-safety: one thread at a time an output.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "store/import.h"
#include "store/import_output.h"

namespace penchant {

enum class FileFormat {
  jsonl,
  csv,
  movielens_100k,
  movielens_1m,
  movielens_latest,
  recbole,
  amazon,          // reviews or metadata, a JSON or Python object a line
  amazon_ratings,  // user,item,rating,time without a header
};

// What a glance at the name and the first line tells.
struct ImportFile {
  Path path;
  FileFormat format = FileFormat::jsonl;
  RecordKind kind = RecordKind::item;
  bool kind_by_line = false;  // jsonl: each object tells what it is
};

Result<> import_jsonl(const ImportFile& file, const ImportOptions& options, ImportOutput& output);
Result<> import_csv(const ImportFile& file, const ImportOptions& options, ImportOutput& output);
Result<> import_movielens(const ImportFile& file, const ImportOptions& options,
                          ImportOutput& output);
Result<> import_recbole(const ImportFile& file, const ImportOptions& options, ImportOutput& output);
Result<> import_amazon(const ImportFile& file, const ImportOptions& options, ImportOutput& output);

// The file as it would be imported; an error says why it cannot be.
Result<ImportFile> classify_file(const Path& path, const ImportOptions& options);

// The files to import out of a folder: those of the data set it holds, else all of a known format.
Result<std::vector<ImportFile>> classify_folder(const Path& folder, const ImportOptions& options);

// Parts that work on memory, for tests and fuzzing.

// An object of our own format under others' names: fields renamed, numbers in strings read.
json::object with_our_names(json::object object, RecordKind kind, const ImportOptions& options);
std::optional<RecordKind> kind_of_object(const json::object& object);

// One line of an Amazon file, JSON or Python.
Result<json::object> parse_amazon_line(std::string_view line);
Result<Event> amazon_event(const json::object& review, const ImportOptions& options);
Result<Item> amazon_item(const json::object& meta);

// Text of old data sets: UTF-8 if it is, else Latin-1.
std::string decode_latin1(std::string_view text);

}  // namespace penchant
