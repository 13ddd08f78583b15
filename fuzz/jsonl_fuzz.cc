// Lines of JSON Lines files, our own and Amazon's (JSON or Python), as every kind of record. What is
// accepted must come back equal from its own text.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "store/import_formats.h"
#include "store/records.h"

namespace penchant {
namespace {

template <class Record>
void check_round_trip(const Result<Record>& record, Result<Record> (*read)(const json::object&)) {
  if (!record.ok() || !check_record(*record).ok()) return;
  const Result<json::value> value = parse_json(to_text(to_json(*record)), "again");
  CHECK(value.ok(), value.error().message);
  const Result<Record> again = read(value->get_object());
  CHECK(again.ok(), again.error().message);
  CHECK(*again == *record, "a record changed on its way");
}

void read_line(std::string_view line) {
  const Result<json::value> value = parse_json(line, "line");
  if (value.ok() && value->is_object()) {
    const json::object& object = value->get_object();
    (void)kind_of_object(object);
    check_round_trip(item_from_json(with_our_names(object, RecordKind::item, {})), item_from_json);
    check_round_trip(user_from_json(with_our_names(object, RecordKind::user, {})), user_from_json);
    check_round_trip(event_from_json(with_our_names(object, RecordKind::event, {})),
                     event_from_json);
  }
  const Result<json::object> object = parse_amazon_line(line);
  if (!object.ok()) return;
  const Result<Item> item = amazon_item(*object);
  if (item.ok()) (void)check_record(*item);
  const Result<Event> event = amazon_event(*object, {});
  if (event.ok()) (void)check_record(*event);
}

}  // namespace
}  // namespace penchant

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    penchant::read_line(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return 0;
}
