#include "store/store.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "base/utf8.h"
#include "store/group_commit.h"
#include "store/reader_pool.h"
#include "store/rows.h"
#include "store/schema.h"
#include "store/writes.h"

namespace penchant {

namespace {

Result<> check_tenant(std::string_view tenant) {
  if (tenant.empty() || tenant.size() > limits::id_bytes)
    return invalid(
        fmt::format("a tenant's name has 1 to {} bytes, not {}", limits::id_bytes, tenant.size()));
  return check_utf8(tenant, "tenant");
}

template <class Record>
Result<> check_records(std::string_view kind, std::span<const Record> records) {
  for (size_t i = 0; i < records.size(); ++i) {
    Result<> checked = check_record(records[i]);
    if (checked.ok()) continue;
    Error error = std::move(checked).error();
    error.message = fmt::format("{}[{}]: {}", kind, i, error.message);
    return error;
  }
  return {};
}

Result<int64_t> tenant_key(Connection& connection, std::string_view tenant) {  // 0: none
  TRY(Statement select, connection.prepare("SELECT key FROM tenants WHERE name = ?"));
  TRY(const bool found, select.bind(tenant).step());
  return found ? select.integer(0) : 0;
}

// The columns of every query for items, in the order read_item expects.
#define ITEM_COLUMNS                                                                         \
  "items.id, items.title, items.text, items.time, items.expires, items.hidden, items.rest, " \
  "items.vector, features.source, features.vector, features.keywords"

Result<> read_item_columns(Statement& row, StoredItem& out) {
  Item& item = out.item;
  item.id = row.text(0);
  item.title = row.text(1);
  item.text = row.text(2);
  item.time = from_milliseconds(row.optional_integer(3));
  item.expires = from_milliseconds(row.optional_integer(4));
  item.hidden = row.integer(5) != 0;
  TRY(read_rest(row.text(6), item));
  TRY(item.vector, vector_from_bytes(row.bytes(7)));
  out.features.source = row.text(8);
  TRY(out.features.vector, vector_from_bytes(row.bytes(9)));
  return read_keywords(row.text(10), out.features);
}

Result<StoredItem> read_item(Connection& connection, Statement& row) {
  StoredItem item;
  const Result<> read = read_item_columns(row, item);
  if (!read.ok())
    return connection.damaged(fmt::format("item \"{}\": {}", item.item.id, read.error().message));
  return item;
}

Result<User> read_user(Connection& connection, Statement& row) {
  User user;
  user.id = row.text(0);
  const Result<> read = read_rest(row.text(1), user);
  if (!read.ok())
    return connection.damaged(fmt::format("user \"{}\": {}", user.id, read.error().message));
  return user;
}

#define EVENT_COLUMNS \
  "items.id, types.name, events.value, events.time, events.recommendation, events.labels"

// `event.user` is the caller's to fill.
Result<> read_event(Connection& connection, Statement& row, Event& event) {
  event.item = row.text(0);
  event.type = row.text(1);
  event.value = row.number(2);
  event.time = from_milliseconds(row.integer(3));
  event.recommendation = row.text(4);
  Result<json::object> labels = read_labels_text(row.text(5));
  if (!labels.ok())
    return connection.damaged(
        fmt::format("event of item \"{}\": {}", event.item, labels.error().message));
  event.labels = *std::move(labels);
  return {};
}

class SqliteStore final : public Store {
 public:
  SqliteStore(FileLock lock, Connection writer, const Path& file, const std::string& what)
      : lock_(std::move(lock)), writer_(std::move(writer)), readers_(file, what) {}

  Result<> put_items(std::string_view tenant, std::span<const Item> items) override {
    TRY(check_tenant(tenant));
    TRY(check_records("items", items));
    return writer_.write([&](Connection& c) { return write_items(c, tenant, items); });
  }

  Result<> put_users(std::string_view tenant, std::span<const User> users) override {
    TRY(check_tenant(tenant));
    TRY(check_records("users", users));
    return writer_.write([&](Connection& c) { return write_users(c, tenant, users); });
  }

  Result<> put_events(std::string_view tenant, std::span<const Event> events, Seconds now,
                      Untimed untimed) override {
    TRY(check_tenant(tenant));
    TRY(check_records("events", events));
    return writer_.write(
        [&](Connection& c) { return write_events(c, tenant, events, now, untimed); });
  }

  Result<> put_features(std::string_view tenant, std::span<const std::string> ids,
                        std::span<const ItemFeatures> features) override {
    return writer_.write([&](Connection& c) { return write_features(c, tenant, ids, features); });
  }

  Result<bool> delete_item(std::string_view tenant, std::string_view id) override {
    return erase([&](Connection& c) { return erase_item(c, tenant, id); });
  }

  Result<bool> delete_user(std::string_view tenant, std::string_view id) override {
    return erase([&](Connection& c) { return erase_user(c, tenant, id); });
  }

  Result<StoredItem> item(std::string_view tenant, std::string_view id) override {
    TRY(Snapshot snapshot, readers_.snapshot());
    TRY(const int64_t key, tenant_key(*snapshot, tenant));
    TRY(Statement select,
        snapshot->prepare("SELECT " ITEM_COLUMNS
                          " FROM items LEFT JOIN features ON features.item = items.key "
                          "WHERE items.tenant = ? AND items.id = ? AND items.present"));
    TRY(const bool found, select.bind(key).bind(id).step());
    if (!found) return not_found(fmt::format("no item \"{}\"", id));
    return read_item(*snapshot, select);
  }

  Result<User> user(std::string_view tenant, std::string_view id) override {
    TRY(Snapshot snapshot, readers_.snapshot());
    TRY(const int64_t key, tenant_key(*snapshot, tenant));
    TRY(Statement select,
        snapshot->prepare("SELECT id, rest FROM users WHERE tenant = ? AND id = ?"));
    TRY(const bool found, select.bind(key).bind(id).step());
    if (!found) return not_found(fmt::format("no user \"{}\"", id));
    return read_user(*snapshot, select);
  }

  Result<std::vector<Event>> user_events(std::string_view tenant, std::string_view user,
                                         size_t limit) override {
    TRY(Snapshot snapshot, readers_.snapshot());
    TRY(const int64_t key, tenant_key(*snapshot, tenant));
    TRY(Statement select,
        snapshot->prepare(
            "SELECT " EVENT_COLUMNS " FROM events CROSS JOIN items ON items.key = events.item "
            "CROSS JOIN types ON types.key = events.type "
            "WHERE events.user = (SELECT key FROM users WHERE tenant = ? AND id = ?) "
            "ORDER BY events.time DESC, events.place DESC, events.arrival DESC LIMIT ?"));
    const size_t most = std::min<size_t>(limit, INT64_MAX);
    select.bind(key).bind(user).bind(static_cast<int64_t>(most));
    std::vector<Event> events;
    while (true) {
      TRY(const bool row, select.step());
      if (!row) break;
      events.emplace_back().user = user;
      TRY(read_event(*snapshot, select, events.back()));
    }
    std::reverse(events.begin(), events.end());
    return events;
  }

  Result<StoreCounts> counts(std::string_view tenant) override {
    TRY(Snapshot snapshot, readers_.snapshot());
    TRY(Statement select,
        snapshot->prepare("SELECT items, users, events FROM tenants WHERE name = ?"));
    TRY(const bool found, select.bind(tenant).step());
    if (!found) return StoreCounts{};
    const auto count = [&](int column) { return static_cast<uint64_t>(select.integer(column)); };
    return StoreCounts{count(0), count(1), count(2)};
  }

  Result<std::vector<std::string>> tenants() override {
    TRY(Snapshot snapshot, readers_.snapshot());
    TRY(Statement select, snapshot->prepare("SELECT name FROM tenants ORDER BY key"));
    std::vector<std::string> names;
    while (true) {
      TRY(const bool row, select.step());
      if (!row) return names;
      names.emplace_back(select.text(0));
    }
  }

  Result<std::string> setting(std::string_view name) override {
    TRY(Snapshot snapshot, readers_.snapshot());
    TRY(Statement select, snapshot->prepare("SELECT value FROM settings WHERE name = ?"));
    TRY(const bool found, select.bind(name).step());
    return found ? std::string(select.text(0)) : std::string();
  }

  Result<> set_setting(std::string_view name, std::string_view value) override {
    return writer_.write([&](Connection& c) -> Result<> {
      TRY(Statement insert, c.prepare("INSERT OR REPLACE INTO settings VALUES(?, ?)"));
      return insert.bind(name).bind(value).run();
    });
  }

 protected:
  Result<> walk_items(std::string_view tenant, bool (*visit)(void*, StoredItem&),
                      void* context) override {
    TRY(Snapshot snapshot, readers_.snapshot());
    TRY(const int64_t key, tenant_key(*snapshot, tenant));
    TRY(Statement select,
        snapshot->prepare("SELECT " ITEM_COLUMNS
                          " FROM items LEFT JOIN features ON features.item = items.key "
                          "WHERE items.tenant = ? AND items.present ORDER BY items.key"));
    select.bind(key);
    while (true) {
      TRY(const bool row, select.step());
      if (!row) return {};
      TRY(StoredItem item, read_item(*snapshot, select));
      if (!visit(context, item)) return {};
    }
  }

  Result<> walk_users(std::string_view tenant, bool (*visit)(void*, User&),
                      void* context) override {
    TRY(Snapshot snapshot, readers_.snapshot());
    TRY(const int64_t key, tenant_key(*snapshot, tenant));
    TRY(Statement select,
        snapshot->prepare("SELECT id, rest FROM users WHERE tenant = ? ORDER BY key"));
    select.bind(key);
    while (true) {
      TRY(const bool row, select.step());
      if (!row) return {};
      TRY(User user, read_user(*snapshot, select));
      if (!visit(context, user)) return {};
    }
  }

  // CROSS JOIN fixes the order of the loops: users by key, then the cluster of each user's events,
  // so that only one user's events at a time are sorted.
  Result<> walk_events(std::string_view tenant, bool (*visit)(void*, Event&),
                       void* context) override {
    TRY(Snapshot snapshot, readers_.snapshot());
    TRY(const int64_t key, tenant_key(*snapshot, tenant));
    TRY(Statement select,
        snapshot->prepare("SELECT " EVENT_COLUMNS
                          ", users.id FROM users CROSS JOIN events ON events.user = users.key "
                          "CROSS JOIN items ON items.key = events.item "
                          "CROSS JOIN types ON types.key = events.type WHERE users.tenant = ? "
                          "ORDER BY users.key, events.time, events.place, events.arrival"));
    select.bind(key);
    Event event;
    while (true) {
      TRY(const bool row, select.step());
      if (!row) return {};
      event.user = select.text(6);
      TRY(read_event(*snapshot, select, event));
      if (!visit(context, event)) return {};
    }
  }

 private:
  template <class Erase>
  Result<bool> erase(Erase erase_one) {
    bool found = false;
    TRY(writer_.write([&](Connection& c) -> Result<> {
      TRY(found, erase_one(c));
      return {};
    }));
    return found;
  }

  FileLock lock_;  // given up last
  GroupCommit writer_;
  ReaderPool readers_;
};

#undef ITEM_COLUMNS
#undef EVENT_COLUMNS

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const Path& folder) {
  const std::string what = fmt::format("data folder {}", folder.string());
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) return system_error("make", folder, failed.value());
  TRY(FileLock lock, FileLock::acquire(folder / "lock", what));
  const Path file = folder / "penchant.db";
  TRY(Connection writer, Connection::open(file, Connection::Mode::create, what));
  TRY(prepare_schema(writer, what));
  TRY(writer.execute("PRAGMA cache_size = -64000; PRAGMA wal_autocheckpoint = 4000"));
  return std::unique_ptr<Store>(
      std::make_unique<SqliteStore>(std::move(lock), std::move(writer), file, what));
}

}  // namespace penchant
