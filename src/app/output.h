// What commands print: data on stdout (a table on a terminal, JSON Lines otherwise), talk and a
// progress line on stderr. Thread-safety: one thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace penchant {

bool stdout_is_terminal();
bool stderr_is_terminal();

// To stdout, whole, or an error (disk full, reader gone).
Result<> write_out(std::string_view bytes);

// Columns aligned by display width: Chinese characters take two columns.
class Table {
 public:
  explicit Table(std::vector<std::string> headings) : rows_{std::move(headings)} {}
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  // The last column is cut to what fits in `columns` (0: never cut).
  std::string text(size_t columns) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

size_t terminal_columns();                    // of stdout; 0 when it is none
size_t display_width(std::string_view text);  // of valid UTF-8
std::string cut_to_width(std::string_view text, size_t columns);

// "1,234,567 records  45%  23,456/s  0:12 left" on one line of stderr, redrawn at most ten times a
// second; silent when stderr is no terminal.
class Progress {
 public:
  explicit Progress(std::string_view unit);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(uint64_t done, uint64_t bytes_done, uint64_t bytes_total);
  void clear();  // before other talk on stderr

 private:
  std::string unit_;
  bool enabled_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point started_, last_;
};

std::string with_commas(uint64_t number);

}  // namespace penchant
