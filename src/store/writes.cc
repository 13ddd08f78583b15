#include "store/writes.h"

#include <optional>
#include <unordered_map>

#include "store/rows.h"

namespace penchant {

namespace {

// The tenant's row while its data changes; save() writes it back.
struct Tenant {
  int64_t key = 0;
  int64_t items = 0, users = 0, events = 0, arrivals = 0;

  // None when there is no such tenant and `create` is false.
  static Result<std::optional<Tenant>> find(Connection& connection, std::string_view name,
                                            bool create) {
    Tenant tenant;
    TRY(Statement select,
        connection.prepare(
            "SELECT key, items, users, events, arrivals FROM tenants WHERE name = ?"));
    TRY(const bool found, select.bind(name).step());
    if (found) {
      tenant = {select.integer(0), select.integer(1), select.integer(2), select.integer(3),
                select.integer(4)};
      return std::optional(tenant);
    }
    if (!create) return std::optional<Tenant>();
    TRY(Statement insert,
        connection.prepare("INSERT INTO tenants(name, items, users, events, arrivals) "
                           "VALUES(?, 0, 0, 0, 0)"));
    TRY(insert.bind(name).run());
    tenant.key = connection.last_insert_key();
    return std::optional(tenant);
  }

  Result<> save(Connection& connection) const {
    TRY(Statement update,
        connection.prepare(
            "UPDATE tenants SET items = ?, users = ?, events = ?, arrivals = ? WHERE key = ?"));
    return update.bind(items).bind(users).bind(events).bind(arrivals).bind(key).run();
  }
};

struct ItemKey {
  int64_t key = 0;
  bool present = false;
};

Result<std::optional<ItemKey>> find_item(Connection& connection, const Tenant& tenant,
                                         std::string_view id) {
  TRY(Statement select,
      connection.prepare("SELECT key, present FROM items WHERE tenant = ? AND id = ?"));
  TRY(const bool found, select.bind(tenant.key).bind(id).step());
  if (!found) return std::optional<ItemKey>();
  return std::optional(ItemKey{select.integer(0), select.integer(1) != 0});
}

// A row that events can point to; the item itself may come later or never.
Result<int64_t> item_key(Connection& connection, const Tenant& tenant, std::string_view id) {
  TRY(const std::optional<ItemKey> found, find_item(connection, tenant, id));
  if (found) return found->key;
  TRY(Statement insert,
      connection.prepare("INSERT INTO items(tenant, id, present, hidden) VALUES(?, ?, 0, 0)"));
  TRY(insert.bind(tenant.key).bind(id).run());
  return connection.last_insert_key();
}

Result<std::optional<int64_t>> find_user(Connection& connection, const Tenant& tenant,
                                         std::string_view id) {
  TRY(Statement select, connection.prepare("SELECT key FROM users WHERE tenant = ? AND id = ?"));
  TRY(const bool found, select.bind(tenant.key).bind(id).step());
  return found ? std::optional(select.integer(0)) : std::nullopt;
}

// A user exists from the first event on.
Result<int64_t> user_key(Connection& connection, Tenant& tenant, std::string_view id) {
  TRY(const std::optional<int64_t> found, find_user(connection, tenant, id));
  if (found) return *found;
  TRY(Statement insert, connection.prepare("INSERT INTO users(tenant, id) VALUES(?, ?)"));
  TRY(insert.bind(tenant.key).bind(id).run());
  ++tenant.users;
  return connection.last_insert_key();
}

Result<int64_t> type_key(Connection& connection, std::string_view name) {
  TRY(Statement select, connection.prepare("SELECT key FROM types WHERE name = ?"));
  TRY(const bool found, select.bind(name).step());
  if (found) return select.integer(0);
  TRY(Statement insert, connection.prepare("INSERT INTO types(name) VALUES(?)"));
  TRY(insert.bind(name).run());
  return connection.last_insert_key();
}

}  // namespace

Result<> write_items(Connection& connection, std::string_view name, std::span<const Item> items) {
  TRY(std::optional<Tenant> tenant, Tenant::find(connection, name, true));
  for (const Item& item : items) {
    TRY(const std::optional<ItemKey> known, find_item(connection, *tenant, item.id));
    TRY(const int64_t key, item_key(connection, *tenant, item.id));
    if (!known || !known->present) ++tenant->items;
    TRY(Statement update,
        connection.prepare("UPDATE items SET present = 1, hidden = ?, time = ?, expires = ?, "
                           "title = ?, text = ?, rest = ?, vector = ? WHERE key = ?"));
    const std::string rest = rest_text(item);
    update.bind(int64_t{item.hidden})
        .bind_optional(to_milliseconds(item.time))
        .bind_optional(to_milliseconds(item.expires))
        .bind_unless_empty(item.title)
        .bind_unless_empty(item.text)
        .bind_unless_empty(rest)
        .bind_bytes(vector_bytes(item.vector))
        .bind(key);
    TRY(update.run());
  }
  return tenant->save(connection);
}

Result<> write_users(Connection& connection, std::string_view name, std::span<const User> users) {
  TRY(std::optional<Tenant> tenant, Tenant::find(connection, name, true));
  for (const User& user : users) {
    TRY(const int64_t key, user_key(connection, *tenant, user.id));
    TRY(Statement update, connection.prepare("UPDATE users SET rest = ? WHERE key = ?"));
    const std::string rest = rest_text(user);
    TRY(update.bind_unless_empty(rest).bind(key).run());
  }
  return tenant->save(connection);
}

namespace {

struct EventKey {
  int64_t user, item, type, time;
};

// The time under which an event without one is known already, if it is.
Result<std::optional<int64_t>> known_time(Connection& connection, const EventKey& key) {
  TRY(Statement select,
      connection.prepare("SELECT min(time) FROM events WHERE user = ? AND item = ? AND type = ?"));
  TRY(const bool found, select.bind(key.user).bind(key.item).bind(key.type).step());
  return found ? select.optional_integer(0) : std::nullopt;
}

// Inserts, or replaces an event of the same identity, which keeps its place of arrival.
Result<> write_event(Connection& connection, Tenant& tenant, const EventKey& key,
                     const Event& event) {
  TRY(Statement insert,
      connection.prepare(
          "INSERT INTO events(value, place, recommendation, labels, user, item, type, time, "
          "arrival) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"));
  const std::string labels = labels_text(event.labels);
  const auto bind = [&](Statement& statement) -> Statement& {
    return statement.bind(event.value)
        .bind_optional(event_place(event))
        .bind_unless_empty(event.recommendation)
        .bind_unless_empty(labels)
        .bind(key.user)
        .bind(key.item)
        .bind(key.type)
        .bind(key.time);
  };
  TRY(bind(insert).bind(tenant.arrivals).run());
  if (connection.changes() == 1) {
    ++tenant.arrivals;
    ++tenant.events;
    return {};
  }
  TRY(Statement update,
      connection.prepare("UPDATE events SET value = ?, place = ?, recommendation = ?, labels = ? "
                         "WHERE user = ? AND item = ? AND type = ? AND time = ?"));
  return bind(update).run();
}

}  // namespace

Result<> write_events(Connection& connection, std::string_view name, std::span<const Event> events,
                      Seconds now, Untimed untimed) {
  TRY(std::optional<Tenant> tenant, Tenant::find(connection, name, true));
  std::unordered_map<std::string_view, int64_t> types;  // there are few, and they repeat
  EventKey key{};
  std::string_view user;  // files are often ordered by user
  for (const Event& event : events) {
    if (event.user != user) {
      TRY(key.user, user_key(connection, *tenant, event.user));
      user = event.user;
    }
    TRY(key.item, item_key(connection, *tenant, event.item));
    const auto [type, is_new] = types.try_emplace(event.type, 0);
    if (is_new) {
      TRY(type->second, type_key(connection, event.type));
    }
    key.type = type->second;
    key.time = to_milliseconds(event.time.value_or(now));
    if (!event.time && untimed == Untimed::once) {
      TRY(const std::optional<int64_t> known, known_time(connection, key));
      key.time = known.value_or(key.time);
    }
    TRY(write_event(connection, *tenant, key, event));
  }
  return tenant->save(connection);
}

Result<> write_features(Connection& connection, std::string_view name,
                        std::span<const std::string> ids, std::span<const ItemFeatures> features) {
  CHECK(ids.size() == features.size(), "as many features as items");
  TRY(const std::optional<Tenant> tenant, Tenant::find(connection, name, false));
  if (!tenant) return {};
  for (size_t i = 0; i < ids.size(); ++i) {
    TRY(const std::optional<ItemKey> item, find_item(connection, *tenant, ids[i]));
    if (!item || !item->present) continue;  // deleted meanwhile
    TRY(Statement insert,
        connection.prepare("INSERT OR REPLACE INTO features(item, source, vector, keywords) "
                           "VALUES(?, ?, ?, ?)"));
    const std::string keywords = keywords_text(features[i]);
    insert.bind(item->key)
        .bind(features[i].source)
        .bind_bytes(vector_bytes(features[i].vector))
        .bind_unless_empty(keywords);
    TRY(insert.run());
  }
  return {};
}

Result<bool> erase_item(Connection& connection, std::string_view name, std::string_view id) {
  TRY(std::optional<Tenant> tenant, Tenant::find(connection, name, false));
  if (!tenant) return false;
  TRY(const std::optional<ItemKey> item, find_item(connection, *tenant, id));
  if (!item || !item->present) return false;
  TRY(Statement features, connection.prepare("DELETE FROM features WHERE item = ?"));
  TRY(features.bind(item->key).run());
  TRY(Statement update,
      connection.prepare("UPDATE items SET present = 0, hidden = 0, time = NULL, expires = NULL, "
                         "title = NULL, text = NULL, rest = NULL, vector = NULL WHERE key = ?"));
  TRY(update.bind(item->key).run());
  --tenant->items;
  TRY(tenant->save(connection));
  return true;
}

Result<bool> erase_user(Connection& connection, std::string_view name, std::string_view id) {
  TRY(std::optional<Tenant> tenant, Tenant::find(connection, name, false));
  if (!tenant) return false;
  TRY(const std::optional<int64_t> user, find_user(connection, *tenant, id));
  if (!user) return false;
  TRY(Statement events, connection.prepare("DELETE FROM events WHERE user = ?"));
  TRY(events.bind(*user).run());
  tenant->events -= connection.changes();
  TRY(Statement row, connection.prepare("DELETE FROM users WHERE key = ?"));
  TRY(row.bind(*user).run());
  --tenant->users;
  TRY(tenant->save(connection));
  return true;
}

}  // namespace penchant
