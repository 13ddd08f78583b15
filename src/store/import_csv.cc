// CSV and TSV with a header. The types of columns that become labels are told from the first rows.
#include <fmt/format.h>

#include <deque>

#include "base/utf8.h"
#include "store/csv.h"
#include "store/field_names.h"
#include "store/import_formats.h"
#include "store/table_row.h"

namespace penchant {

namespace {

constexpr size_t sample_rows = 1000;
constexpr size_t sample_bytes = 8u << 20;

using Cells = std::vector<std::string>;

class CsvImport {
 public:
  CsvImport(const ImportFile& file, const ImportOptions& options, ImportOutput& output)
      : file_(file), name_(file.path.string()), options_(options), output_(output) {}

  Result<> run() {
    TRY(output_.for_each_line(
        file_.path, [&](std::string_view line) { return read(line, output_.line_number()); }));
    // Whatever is still inside quotes at the end.
    while (!open_.empty()) TRY(drop_first("a quoted field is not closed"));
    return shape_ ? import_sample() : Result<>();
  }

 private:
  struct Line {
    std::string text;
    uint64_t number;
  };
  struct Row {
    Cells cells;
    uint64_t number;
  };

  Result<> read(std::string_view text, uint64_t number) {
    if (!csv_) csv_.emplace(csv_separator(text));
    Result<bool> whole = feed(text);
    if (whole.ok() && !*whole) {
      open_.push_back({std::string(text), number});
      return {};
    }
    if (open_.empty())
      return whole.ok() ? record(csv_->fields(), number)
                        : output_.bad_at(name_, number, whole.error().message);
    if (!whole.ok()) {
      open_.push_back({std::string(text), number});
      return drop_first(whole.error().message);
    }
    const uint64_t first = open_.front().number;
    open_.clear();
    return record(csv_->fields(), first);
  }

  Result<bool> feed(std::string_view text) {
    TRY(check_encoding(text));
    return csv_->feed(text);
  }

  // A record whose quotes do not close as they should is bad by itself; the lines it swallowed are
  // read again without it. That ends: each of them is dropped at most once.
  Result<> drop_first(std::string_view reason) {
    std::deque<Line> again;
    again.swap(open_);
    csv_->reset();
    TRY(output_.bad_at(name_, again.front().number, reason));
    again.pop_front();
    for (const Line& line : again) TRY(read(line.text, line.number));
    return {};
  }

  static Result<> check_encoding(std::string_view text) {
    const size_t at = utf8_invalid_at(text);
    if (at == std::string_view::npos) return {};
    return invalid(
        fmt::format("not UTF-8 at byte {} (0x{:02x}); a Latin-1 file is converted by "
                    "iconv -f LATIN1 -t UTF-8",
                    at, static_cast<unsigned char>(text[at])));
  }

  Result<> record(const Cells& cells, uint64_t number) {
    if (cells.size() == 1 && cells[0].empty()) return {};  // a blank line
    if (!shape_) return header(cells);
    if (cells.size() != shape_->width())
      return output_.bad_at(
          name_, number,
          fmt::format("{} fields, the header has {}", cells.size(), shape_->width()));
    if (sampled_) return import_row(cells, number);
    sample_.push_back({cells, number});
    for (const std::string& cell : cells) sample_size_ += cell.size();
    if (sample_.size() < sample_rows && sample_size_ < sample_bytes) return {};
    return import_sample();
  }

  Result<> header(const Cells& cells) {
    std::vector<TableColumn> columns;
    for (const std::string& name : cells) columns.push_back({name});
    Result<TableShape> shape = TableShape::make(file_.kind, std::move(columns), options_.columns,
                                                true, options_.event_type);
    if (!shape.ok())
      return Error{shape.error().code, fmt::format("{}: {}", name_, shape.error().message)};
    shape_ = *std::move(shape);
    return {};
  }

  Result<> import_sample() {
    if (sampled_) return {};
    sampled_ = true;
    std::vector<Cells> rows;
    for (const Row& row : sample_) rows.push_back(row.cells);
    infer_types(shape_->columns(), rows);
    for (const Row& row : sample_) TRY(import_row(row.cells, row.number));
    sample_.clear();
    return {};
  }

  Result<> import_row(const Cells& cells, uint64_t number) {
    switch (shape_->kind()) {
      case RecordKind::item:
        return output_.add(shape_->item(cells), number);
      case RecordKind::user:
        return output_.add(shape_->user(cells), number);
      case RecordKind::event:
        return output_.add(shape_->event(cells), number);
    }
    return {};
  }

  const ImportFile& file_;
  const std::string name_;
  const ImportOptions& options_;
  ImportOutput& output_;
  std::optional<CsvRecord> csv_;
  std::deque<Line> open_;  // the lines of the record being read
  std::optional<TableShape> shape_;
  bool sampled_ = false;
  std::vector<Row> sample_;
  size_t sample_size_ = 0;
};

}  // namespace

Result<> import_csv(const ImportFile& file, const ImportOptions& options, ImportOutput& output) {
  return CsvImport(file, options, output).run();
}

}  // namespace penchant
