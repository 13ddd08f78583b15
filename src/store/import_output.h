// Where every importer puts what it read: records are checked and passed to the sink in batches,
// bad lines are told with their place, progress is counted in bytes of the files as they lie on
// disk.
// Thread-safety: one thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "store/import.h"
#include "store/records.h"

namespace penchant {

class ImportOutput {
 public:
  ImportOutput(ImportSink& sink, bool strict, uint64_t bytes_total)
      : sink_(sink), strict_(strict), bytes_total_(bytes_total) {}

  // Calls line(text) for every line of the file, skipping those that are too long (told as bad
  // lines); `place()` names the line meanwhile. An error that `line` returns ends the import.
  template <class Line>
  Result<> for_each_line(const Path& path, Line line) {
    return read(
        path,
        [](void* context, std::string_view text) { return (*static_cast<Line*>(context))(text); },
        &line);
  }

  // One record, or why there is none: then the line (the current one unless given) is bad.
  Result<> add(Result<Item> item, uint64_t line = 0) { return add_to(items_, item, line); }
  Result<> add(Result<User> user, uint64_t line = 0) { return add_to(users_, user, line); }
  Result<> add(Result<Event> event, uint64_t line = 0) { return add_to(events_, event, line); }

  // Tells a bad line ("file:line: " is put before); an error if the import is strict.
  Result<> bad(std::string_view reason);
  Result<> bad_at(std::string_view file, uint64_t line, std::string_view reason);

  Result<> flush();
  const ImportSummary& summary() const { return summary_; }
  uint64_t line_number() const { return line_; }

 private:
  Result<> read(const Path& path, Result<> (*line)(void*, std::string_view), void* context);
  template <class Record>
  Result<> add_to(std::vector<Record>& batch, Result<Record>& record, uint64_t line);
  Result<> tell(std::string message);
  void progress();

  ImportSink& sink_;
  const bool strict_;
  const uint64_t bytes_total_;
  uint64_t bytes_before_ = 0;  // of the files that are done
  uint64_t bytes_here_ = 0;    // of the file being read
  std::string file_;
  uint64_t line_ = 0;
  std::vector<Item> items_;
  std::vector<User> users_;
  std::vector<Event> events_;
  ImportSummary summary_;
};

}  // namespace penchant
