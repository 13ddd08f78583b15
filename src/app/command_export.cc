// penchant export: items, users or events of a data folder as JSON Lines that import reads back
// without loss.
#include <fmt/format.h>

#include "app/commands.h"
#include "app/data_folder.h"
#include "app/output.h"
#include "store/store.h"

namespace penchant {

namespace {

constexpr size_t write_bytes = 1u << 20;

// Lines collected into large writes; the first failed write ends the walk.
class LineWriter {
 public:
  bool add(const json::object& object) {
    pending_ += to_text(object);
    pending_ += '\n';
    return pending_.size() < write_bytes || flush();
  }
  Result<> finish() {
    flush();
    return std::move(result_);
  }

 private:
  bool flush() {
    if (result_.ok()) result_ = write_out(pending_);
    pending_.clear();
    return result_.ok();
  }

  std::string pending_;
  Result<> result_;
};

Result<> export_records(Store& store, std::string_view tenant, std::string_view kind) {
  LineWriter writer;
  if (kind == "items")
    TRY(store.for_each_item(tenant, [&](StoredItem& i) { return writer.add(to_json(i.item)); }));
  else if (kind == "users")
    TRY(store.for_each_user(tenant, [&](User& user) { return writer.add(to_json(user)); }));
  else
    TRY(store.for_each_event(tenant, [&](Event& event) { return writer.add(to_json(event)); }));
  return writer.finish();
}

}  // namespace

std::vector<Option> export_options() {
  return {{"data", "DIR", "the data folder"},
          {"tenant", "NAME", "whose data in the folder (default: default)"},
          {"json", "", "JSON Lines, which is what it always writes"}};
}

int command_export(const Arguments& arguments) {
  const std::string& kind = arguments.positionals()[0];
  if (kind != "items" && kind != "users" && kind != "events")
    return usage_error(
        fmt::format("what to export must be items, users or events, not \"{}\"", kind));
  if (!arguments.has("data")) return usage_error("option --data is missing");
  auto store = open_store(arguments);
  if (!store.ok()) return failure(store.error());
  const auto done = export_records(**store, chosen_tenant(arguments), kind);
  return done.ok() ? 0 : failure(done.error());
}

}  // namespace penchant
