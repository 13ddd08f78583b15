// Rows of a table with named columns to records; for every format that has columns. Columns with
// the name of a field (or one that others give it, see field_names.h) fill that field, all others
// become labels of the type of their column.
// Thread-safety: immutable after construction.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "store/import.h"
#include "store/records.h"

namespace penchant {

enum class CellType { text, number, boolean, texts, numbers };

struct TableColumn {
  std::string name;                // as the file has it
  CellType type = CellType::text;  // of labels
  std::string_view field = {};     // ours; empty: a label
};

class TableShape {
 public:
  // `renamed` is ImportOptions::columns; with `must_have` each of its columns that means a field of
  // this kind has to be there.
  static Result<TableShape> make(RecordKind kind, std::vector<TableColumn> columns,
                                 const std::map<std::string, std::string>& renamed, bool must_have,
                                 std::string default_type);

  RecordKind kind() const { return kind_; }
  size_t width() const { return columns_.size(); }
  std::vector<TableColumn>& columns() { return columns_; }

  // Empty cells are absent fields. `cells` has width() entries.
  Result<Item> item(std::span<const std::string> cells) const;
  Result<User> user(std::span<const std::string> cells) const;
  Result<Event> event(std::span<const std::string> cells) const;

 private:
  RecordKind kind_ = RecordKind::item;
  std::vector<TableColumn> columns_;
  std::string default_type_;  // of events without a column for it
};

// Types of the label columns from sample rows: a column whose cells are all plain numbers (no
// leading zeros: 007 is a name) is a number column, likewise true and false.
void infer_types(std::vector<TableColumn>& columns,
                 std::span<const std::vector<std::string>> sample);

// A list in one cell: "['a', 'b']" or JSON; else split at | or ; or , (the first of them that
// occurs).
std::vector<std::string> split_list(std::string_view cell);

// The whole text as a plain decimal number.
std::optional<double> parse_number(std::string_view text);

// "1318896000" (or "1"), milliseconds, RFC 3339 and its kin: in a table everything is text.
Result<Seconds> parse_time_cell(std::string_view cell);

}  // namespace penchant
