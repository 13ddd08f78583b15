#include "store/import_output.h"

#include <fmt/format.h>

namespace penchant {

namespace {

// A batch is one commit, which costs a sync of the disk (some 10 ms): events are small and many.
template <class Record>
constexpr size_t batch_most = 1000;
template <>
constexpr size_t batch_most<Event> = 10'000;

constexpr uint64_t lines_per_progress = 5000;
}  // namespace

Result<> ImportOutput::read(const Path& path, Result<> (*line)(void*, std::string_view),
                            void* context) {
  TRY(LineReader reader, LineReader::open(path));
  file_ = path.string();
  line_ = 0;
  while (true) {
    std::string_view text;
    Result<bool> more = reader.next(text);
    line_ = reader.line_number();
    bytes_here_ = reader.bytes_read();
    if (!more.ok()) {
      // What was read before the damage is kept.
      if (more.error().code != Code::too_large) {
        TRY(flush());
        return std::move(more).error();
      }
      TRY(tell(more.error().message));
      continue;
    }
    if (!*more) break;
    TRY(line(context, text));
    if (line_ % lines_per_progress == 0) progress();
  }
  bytes_before_ += reader.bytes_total();
  bytes_here_ = 0;
  progress();
  return {};
}

template <class Record>
Result<> ImportOutput::add_to(std::vector<Record>& batch, Result<Record>& record, uint64_t line) {
  const uint64_t place = line != 0 ? line : line_;
  if (!record.ok()) return bad_at(file_, place, record.error().message);
  if (Result<> checked = check_record(*record); !checked.ok())
    return bad_at(file_, place, checked.error().message);
  batch.push_back(*std::move(record));
  return batch.size() < batch_most<Record> ? Result<>() : flush();
}

template Result<> ImportOutput::add_to(std::vector<Item>&, Result<Item>&, uint64_t);
template Result<> ImportOutput::add_to(std::vector<User>&, Result<User>&, uint64_t);
template Result<> ImportOutput::add_to(std::vector<Event>&, Result<Event>&, uint64_t);

Result<> ImportOutput::bad(std::string_view reason) { return bad_at(file_, line_, reason); }

Result<> ImportOutput::bad_at(std::string_view file, uint64_t line, std::string_view reason) {
  return tell(fmt::format("{}:{}: {}", file, line, reason));
}

Result<> ImportOutput::tell(std::string message) {
  ++summary_.bad_lines;
  if (strict_) {
    TRY(flush());
    return invalid(std::move(message));
  }
  sink_.bad_line(message);
  return {};
}

Result<> ImportOutput::flush() {
  if (!items_.empty()) {
    TRY(sink_.items(items_));
  }
  if (!users_.empty()) {
    TRY(sink_.users(users_));
  }
  if (!events_.empty()) {
    TRY(sink_.events(events_));
  }
  summary_.items += items_.size();
  summary_.users += users_.size();
  summary_.events += events_.size();
  items_.clear();
  users_.clear();
  events_.clear();
  progress();
  return {};
}

void ImportOutput::progress() {
  sink_.progress(bytes_before_ + bytes_here_, bytes_total_,
                 summary_.items + summary_.users + summary_.events);
}

}  // namespace penchant
