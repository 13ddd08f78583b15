// What each operation does: checked arguments to one call of the Engine, its answer as JSON.
// Thread-safety: functions; safe.
#pragma once

#include "base/json.h"
#include "base/result.h"
#include "engine/operations.h"

namespace penchant::handlers {

using Outcome = Result<json::value>;

Outcome put_items(Engine& engine, const Caller& caller, const json::object& arguments);
Outcome put_users(Engine& engine, const Caller& caller, const json::object& arguments);
Outcome put_events(Engine& engine, const Caller& caller, const json::object& arguments);
Outcome get_item(Engine& engine, const Caller& caller, const json::object& arguments);
Outcome delete_item(Engine& engine, const Caller& caller, const json::object& arguments);
Outcome get_user(Engine& engine, const Caller& caller, const json::object& arguments);
Outcome delete_user(Engine& engine, const Caller& caller, const json::object& arguments);
Outcome user_events(Engine& engine, const Caller& caller, const json::object& arguments);
Outcome interests(Engine& engine, const Caller& caller, const json::object& arguments);
Outcome recommend(Engine& engine, const Caller& caller, const json::object& arguments);
Outcome explain(Engine& engine, const Caller& caller, const json::object& arguments);
Outcome similar(Engine& engine, const Caller& caller, const json::object& arguments);
Outcome search(Engine& engine, const Caller& caller, const json::object& arguments);
Outcome match(Engine& engine, const Caller& caller, const json::object& arguments);
Outcome embed(Engine& engine, const Caller& caller, const json::object& arguments);
Outcome mine(Engine& engine, const Caller& caller, const json::object& arguments);

}  // namespace penchant::handlers
