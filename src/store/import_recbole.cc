// RecBole atomic files: tab-separated, the first line names the columns and their types, as in
// "user_id:token<TAB>item_id:token<TAB>rating:float<TAB>timestamp:float".
#include <fmt/format.h>

#include "base/utf8.h"
#include "store/csv.h"
#include "store/import_formats.h"
#include "store/table_row.h"

namespace penchant {

namespace {

Result<TableColumn> parse_column(std::string_view header) {
  const size_t colon = header.rfind(':');
  if (colon == std::string_view::npos || colon == 0)
    return invalid(fmt::format("column \"{}\" has no type such as :token", header.substr(0, 64)));
  const std::string_view type = header.substr(colon + 1);
  TableColumn column{std::string(header.substr(0, colon))};
  if (type == "token") {
    column.type = CellType::text;
  } else if (type == "token_seq") {
    column.type = CellType::texts;
  } else if (type == "float") {
    column.type = CellType::number;
  } else if (type == "float_seq") {
    column.type = CellType::numbers;
  } else {
    return invalid(fmt::format("column \"{}\" has the unknown type \"{}\"", column.name, type));
  }
  return column;
}

Result<TableShape> parse_header(std::string_view line, const ImportFile& file,
                                const ImportOptions& options) {
  std::vector<TableColumn> columns;
  size_t at = 0;
  while (at <= line.size()) {
    const size_t end = std::min(line.find('\t', at), line.size());
    TRY(TableColumn column, parse_column(line.substr(at, end - at)));
    columns.push_back(std::move(column));
    at = end + 1;
  }
  return TableShape::make(file.kind, std::move(columns), options.columns, true, options.event_type);
}

void split_tabs(std::string_view line, std::vector<std::string>& cells) {
  size_t count = 0, at = 0;
  while (at <= line.size()) {
    const size_t end = std::min(line.find('\t', at), line.size());
    if (count == cells.size()) cells.emplace_back();
    cells[count++].assign(line, at, end - at);
    at = end + 1;
  }
  cells.resize(count);
}

}  // namespace

Result<> import_recbole(const ImportFile& file, const ImportOptions& options,
                        ImportOutput& output) {
  std::optional<TableShape> shape;
  std::vector<std::string> cells;
  return output.for_each_line(file.path, [&](std::string_view line) -> Result<> {
    if (line.empty()) return {};
    if (Result<> encoded = check_utf8(line, "line"); !encoded.ok())
      return output.bad(encoded.error().message);
    if (!shape) {
      Result<TableShape> header = parse_header(line, file, options);
      if (!header.ok())
        return invalid(fmt::format("{}:1: {}", file.path.string(), header.error().message));
      shape = *std::move(header);
      return {};
    }
    split_tabs(line, cells);
    if (cells.size() != shape->width())
      return output.bad(fmt::format("{} fields, the header has {}", cells.size(), shape->width()));
    if (file.kind == RecordKind::item) return output.add(shape->item(cells));
    if (file.kind == RecordKind::user) return output.add(shape->user(cells));
    return output.add(shape->event(cells));
  });
}

}  // namespace penchant
