// penchant export: items, users or events of a data folder as JSON Lines that import reads back
// without loss.
#include <fmt/format.h>

#include <optional>

#include "app/commands.h"
#include "app/data_folder.h"
#include "app/output.h"
#include "store/export.h"
#include "store/field_names.h"
#include "store/store.h"

namespace penchant {

namespace {

constexpr size_t write_bytes = 1u << 20;

// Lines collected into large writes; the first failed write ends the walk.
class LineWriter {
 public:
  Result<> add(std::string_view line) {
    pending_ += line;
    return pending_.size() < write_bytes ? Result<>() : flush();
  }
  Result<> flush() {
    Result<> written = write_out(pending_);
    pending_.clear();
    return written;
  }

 private:
  std::string pending_;
};

Result<> export_records(Store& store, std::string_view tenant, RecordKind kind) {
  LineWriter writer;
  TRY(export_lines(store, tenant, kind, [&](std::string_view line) { return writer.add(line); }));
  return writer.flush();
}

}  // namespace

std::vector<Option> export_options() {
  return {{"data", "DIR", "the data folder"},
          {"tenant", "NAME", "whose data in the folder (default: default)"},
          {"json", "", "JSON Lines, which is what it always writes"}};
}

int command_export(const Arguments& arguments) {
  const std::string& name = arguments.positionals()[0];
  const std::optional<RecordKind> kind = parse_kind(name);
  if (!kind)
    return usage_error(
        fmt::format("what to export must be items, users or events, not \"{}\"", name));
  if (!arguments.has("data")) return usage_error("option --data is missing");
  auto store = open_store(arguments);
  if (!store.ok()) return failure(store.error());
  const auto done = export_records(**store, chosen_tenant(arguments), *kind);
  return done.ok() ? 0 : failure(done.error());
}

}  // namespace penchant
