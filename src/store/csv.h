// Records of comma-separated values (RFC 4180) out of lines: quoted fields with separators, doubled
// quotes and line ends inside. A quote that does not open its field is a character like any other
// (measures in inches, TSV files). What follows a closing quote must be a separator or the end.
// Thread-safety: one thread at a time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace penchant {

class CsvRecord {
 public:
  explicit CsvRecord(char separator) : separator_(separator) {}

  // Feeds the next line. True: fields() is a whole record. False: a quoted field goes on in the
  // next line. After an error the next line starts a new record.
  Result<bool> feed(std::string_view line);
  const std::vector<std::string>& fields() const { return fields_; }
  void reset() { quoted_ = false; }  // the next line starts a new record

 private:
  std::string& next_field();
  Result<bool> fail(std::string message);

  char separator_;
  bool quoted_ = false;  // the last line ended inside quotes
  size_t bytes_ = 0;
  size_t count_ = 0;                 // fields in use; the rest keep their memory for later
  std::vector<std::string> fields_;  // cut to count_ when the record is whole
};

// The separator of a file from its first line: the one of , ; tab | that it has most of outside
// quotes; a comma when it has none.
char csv_separator(std::string_view line);

}  // namespace penchant
