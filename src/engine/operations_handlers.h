// What each operation does: checked arguments to one call of the Engine, its answer as JSON.
// Thread-safety: functions; safe.
#pragma once

#include "base/json.h"
#include "base/result.h"
#include "engine/operations.h"

namespace penchant {

using Answer = Result<json::value>;

Answer put_items(Engine& engine, const Caller& caller, const json::object& arguments);
Answer put_users(Engine& engine, const Caller& caller, const json::object& arguments);
Answer put_events(Engine& engine, const Caller& caller, const json::object& arguments);
Answer get_item(Engine& engine, const Caller& caller, const json::object& arguments);
Answer delete_item(Engine& engine, const Caller& caller, const json::object& arguments);
Answer get_user(Engine& engine, const Caller& caller, const json::object& arguments);
Answer delete_user(Engine& engine, const Caller& caller, const json::object& arguments);
Answer user_events(Engine& engine, const Caller& caller, const json::object& arguments);
Answer interests(Engine& engine, const Caller& caller, const json::object& arguments);
Answer recommend(Engine& engine, const Caller& caller, const json::object& arguments);
Answer explain(Engine& engine, const Caller& caller, const json::object& arguments);
Answer similar(Engine& engine, const Caller& caller, const json::object& arguments);
Answer search(Engine& engine, const Caller& caller, const json::object& arguments);
Answer match(Engine& engine, const Caller& caller, const json::object& arguments);
Answer embed(Engine& engine, const Caller& caller, const json::object& arguments);
Answer mine(Engine& engine, const Caller& caller, const json::object& arguments);

}  // namespace penchant
