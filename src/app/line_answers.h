// One line of output per line of input, made by several threads and written in the input's order.
// A bad line gets {"error":"..."} in its place, so that line n answers line n, and its sentence on
// stderr. Thread-safety: one thread at a time.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "app/line_batches.h"
#include "base/result.h"
#include "base/threads.h"

namespace penchant {

// Appends the object with "error" and a line end.
void append_error(std::string& out, std::string_view message);
// Writes the pieces to stdout and the errors to stderr; the number of errors.
Result<uint64_t> write_pieces(const std::vector<std::string>& pieces,
                              const std::vector<std::vector<std::string>>& errors);

// answer(i, out) -> Result<> appends the answer to line i of the batch. Gives the number of bad
// lines.
template <class Answer>
Result<uint64_t> write_answers(ThreadPool& pool, const LineBatch& batch, const Answer& answer) {
  constexpr size_t piece_lines = 64;  // one thread's share at a time
  const size_t pieces = (batch.lines.size() + piece_lines - 1) / piece_lines;
  std::vector<std::string> out(pieces);
  std::vector<std::vector<std::string>> errors(pieces);
  pool.parallel_for(pieces, [&](size_t piece, int) {
    const size_t end = std::min(batch.lines.size(), (piece + 1) * piece_lines);
    for (size_t i = piece * piece_lines; i < end; ++i) {
      std::string error = batch.errors[i];
      if (error.empty()) {
        const Result<> answered = answer(i, out[piece]);
        if (answered.ok()) continue;
        error = "stdin:" + std::to_string(batch.first_number + i) + ": " + answered.error().message;
      }
      append_error(out[piece], error);
      errors[piece].push_back(std::move(error));
    }
  });
  return write_pieces(out, errors);
}

}  // namespace penchant
