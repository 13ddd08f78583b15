// The writes of the store, each to be run inside a transaction of GroupCommit. They keep the counts
// and the number of arrivals in `tenants`.
// Thread-safety: one thread at a time, as the connection.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/records.h"
#include "store/sqlite.h"
#include "store/store.h"

namespace penchant {

Result<> write_items(Connection& connection, std::string_view tenant, std::span<const Item> items);
Result<> write_users(Connection& connection, std::string_view tenant, std::span<const User> users);
Result<> write_events(Connection& connection, std::string_view tenant,
                      std::span<const Event> events, Seconds now, Untimed untimed);
Result<> write_features(Connection& connection, std::string_view tenant,
                        std::span<const std::string> ids, std::span<const ItemFeatures> features);
Result<bool> erase_item(Connection& connection, std::string_view tenant, std::string_view id);
Result<bool> erase_user(Connection& connection, std::string_view tenant, std::string_view id);

}  // namespace penchant
