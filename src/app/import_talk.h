// What an import says while it runs: a bar on a terminal, bad lines on stderr (the first thousand).
// Thread-safety: one thread at a time.
#pragma once

#include "app/output.h"
#include "store/import.h"

namespace penchant {

// The engine takes the records; what is left to do here is to tell the user how it goes.
class ImportTalk final : public ImportSink {
 public:
  Result<> items(std::span<const Item>) override { return {}; }
  Result<> users(std::span<const User>) override { return {}; }
  Result<> events(std::span<const Event>) override { return {}; }
  void bad_line(std::string_view message) override;
  void progress(uint64_t bytes_done, uint64_t bytes_total, uint64_t records) override;

  void finish() { progress_.clear(); }

 private:
  Progress progress_{"records"};
  uint64_t bad_lines_ = 0;
};

}  // namespace penchant
