// A CSV file: header, rows and records out of them, for every kind.
#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "store/csv.h"
#include "store/field_names.h"
#include "store/table_row.h"

namespace penchant {
namespace {

void read_rows(RecordKind kind, const std::vector<std::vector<std::string>>& rows) {
  std::vector<TableColumn> columns;
  for (const std::string& name : rows[0]) columns.push_back({name});
  const std::span body = std::span(rows).subspan(1);
  infer_types(columns, body);
  const Result<TableShape> shape = TableShape::make(kind, columns, {}, true, "");
  if (!shape.ok()) return;
  for (const auto& row : body) {
    if (row.size() != shape->width()) continue;
    if (kind == RecordKind::item) (void)shape->item(row);
    if (kind == RecordKind::user) (void)shape->user(row);
    if (kind == RecordKind::event) (void)shape->event(row);
  }
}

void read_table(std::string_view rest) {
  CsvRecord record(csv_separator(rest.substr(0, rest.find('\n'))));
  std::vector<std::vector<std::string>> rows;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const Result<bool> whole = record.feed(rest.substr(0, end));
    if (whole.ok() && *whole) rows.push_back(record.fields());
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (rows.empty()) return;
  for (const RecordKind kind : {RecordKind::item, RecordKind::user, RecordKind::event})
    read_rows(kind, rows);
}

}  // namespace
}  // namespace penchant

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  penchant::read_table(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
