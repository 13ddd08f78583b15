// Files of other systems to items, users and events. The format is told from the name and the first
// line; a bad line is reported and skipped.
//
//   TRY(auto summary, import_files(paths, {}, sink));
//
// Formats: JSON Lines, CSV/TSV with a column map, MovieLens (100k, 1M, latest), RecBole atomic
// files, Amazon reviews and metadata (2014, 2018, 2023); each plain or gzip. Thread-safety: one
// thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "store/records.h"

namespace penchant {

enum class RecordKind { item, user, event };

struct ImportOptions {
  std::string format;                          // "" detects: jsonl csv movielens recbole amazon
  std::string kind;                            // "" detects: items users events (for jsonl and csv)
  std::map<std::string, std::string> columns;  // field of ours -> column of the CSV
  std::string event_type;  // for files whose rows have none; default by format ("rating", "view")
  bool strict = false;     // the first bad line ends the import
};

// Where records go. A sink returning an error ends the import with it.
class ImportSink {
 public:
  virtual ~ImportSink() = default;
  virtual Result<> items(std::span<const Item> items) = 0;  // batches of at most 1,000
  virtual Result<> users(std::span<const User> users) = 0;
  virtual Result<> events(std::span<const Event> events) = 0;  // at most 10,000
  virtual void bad_line(std::string_view message) = 0;         // "file:line: reason"
  virtual void progress(uint64_t bytes_done, uint64_t bytes_total, uint64_t records) = 0;
};

struct ImportSummary {
  uint64_t items = 0, users = 0, events = 0, bad_lines = 0;
};

// Items are imported before users, users before events, whatever the order of `paths` (files or
// folders of a known layout).
Result<ImportSummary> import_files(std::span<const Path> paths, const ImportOptions& options,
                                   ImportSink& sink);

}  // namespace penchant
