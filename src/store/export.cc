#include "store/export.h"

namespace penchant {

Result<> export_lines(Store& store, std::string_view tenant, RecordKind kind,
                      Result<> (*write)(void* context, std::string_view line), void* context) {
  Result<> written;
  const auto add = [&](const json::object& object) {
    std::string line = to_text(object);
    line += '\n';
    written = write(context, line);
    return written.ok();
  };
  switch (kind) {
    case RecordKind::item:
      TRY(store.for_each_item(tenant,
                              [&](StoredItem& stored) { return add(to_json(stored.item)); }));
      break;
    case RecordKind::user:
      TRY(store.for_each_user(tenant, [&](User& user) { return add(to_json(user)); }));
      break;
    case RecordKind::event:
      TRY(store.for_each_event(tenant, [&](Event& event) { return add(to_json(event)); }));
      break;
  }
  return written;
}

}  // namespace penchant
