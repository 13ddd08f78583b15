#include "engine/operations_handlers.h"

#include <fmt/format.h>

#include <algorithm>

#include "encoder/encoder.h"
#include "engine/engine.h"

namespace penchant::handlers {

namespace {

// Readers of checked arguments: the type is known to be right, absence means the empty value.

std::string text_of(const json::object& arguments, std::string_view name) {
  const json::value* value = arguments.if_contains(name);
  return value == nullptr ? std::string() : std::string(value->get_string());
}

std::vector<std::string> texts_of(const json::object& arguments, std::string_view name) {
  std::vector<std::string> out;
  if (const json::value* value = arguments.if_contains(name))
    for (const json::value& entry : value->get_array()) out.emplace_back(entry.get_string());
  return out;
}

size_t count_of(const json::object& arguments, std::string_view name) {
  return static_cast<size_t>(arguments.at(name).get_int64());
}

std::string language_of(const Caller& caller, const json::object& arguments) {
  return arguments.contains("language") ? text_of(arguments, "language") : caller.language;
}

RecommendQuery query_of(const Caller& caller, const json::object& arguments) {
  RecommendQuery query;
  if (arguments.contains("n")) query.n = count_of(arguments, "n");
  if (arguments.contains("offset")) query.offset = count_of(arguments, "offset");
  query.categories = texts_of(arguments, "category");
  query.filter = text_of(arguments, "filter");
  query.exclude = texts_of(arguments, "exclude");
  if (const json::value* value = arguments.if_contains("diversity"))
    query.diversity = value->to_number<double>();
  if (const json::value* value = arguments.if_contains("explain"))
    query.explain = value->get_bool();
  query.language = language_of(caller, arguments);
  return query;
}

Outcome value(Result<json::object> object) {
  if (!object.ok()) return std::move(object).error();
  return json::value(*std::move(object));
}

// The records of a whole-body field; an error says which one of several is wrong.
template <class Record>
Result<std::vector<Record>> records_of(const json::object& arguments, std::string_view name,
                                       Result<Record> (*read)(const json::object&)) {
  const json::array& array = arguments.at(name).get_array();
  std::vector<Record> out;
  out.reserve(array.size());
  for (size_t i = 0; i < array.size(); ++i) {
    Result<Record> record = read(array[i].get_object());
    if (!record.ok()) {
      Error error = std::move(record).error();
      error.message = fmt::format("{}[{}]: {}", name, i, error.message);
      return error;
    }
    out.push_back(*std::move(record));
  }
  return out;
}

json::value accepted(size_t count) { return json::object{{"accepted", count}}; }

}  // namespace

Outcome put_items(Engine& engine, const Caller& caller, const json::object& arguments) {
  TRY(const auto items, records_of(arguments, "items", item_from_json));
  TRY(engine.put_items(caller.tenant, items));
  return accepted(items.size());
}

Outcome put_users(Engine& engine, const Caller& caller, const json::object& arguments) {
  TRY(const auto users, records_of(arguments, "users", user_from_json));
  TRY(engine.put_users(caller.tenant, users));
  return accepted(users.size());
}

Outcome put_events(Engine& engine, const Caller& caller, const json::object& arguments) {
  TRY(const auto events, records_of(arguments, "events", event_from_json));
  TRY(engine.put_events(caller.tenant, events));
  return accepted(events.size());
}

Outcome get_item(Engine& engine, const Caller& caller, const json::object& arguments) {
  TRY(Store * store, engine.store());
  TRY(const StoredItem stored, store->item(caller.tenant, text_of(arguments, "id")));
  return json::value(to_json(stored.item));
}

Outcome delete_item(Engine& engine, const Caller& caller, const json::object& arguments) {
  TRY(engine.delete_item(caller.tenant, text_of(arguments, "id")));
  return json::value(json::object{{"deleted", true}});
}

Outcome get_user(Engine& engine, const Caller& caller, const json::object& arguments) {
  TRY(Store * store, engine.store());
  TRY(const User user, store->user(caller.tenant, text_of(arguments, "id")));
  return json::value(to_json(user));
}

Outcome delete_user(Engine& engine, const Caller& caller, const json::object& arguments) {
  TRY(engine.delete_user(caller.tenant, text_of(arguments, "id")));
  return json::value(json::object{{"deleted", true}});
}

// A user who has only acted has events but no record; one who has neither is unknown.
Outcome user_events(Engine& engine, const Caller& caller, const json::object& arguments) {
  TRY(Store * store, engine.store());
  const std::string id = text_of(arguments, "id");
  TRY(auto events, store->user_events(caller.tenant, id, count_of(arguments, "n")));
  if (events.empty()) TRY(store->user(caller.tenant, id));
  std::reverse(events.begin(), events.end());
  json::array out;
  for (const Event& event : events) out.push_back(to_json(event));
  return json::value(json::object{{"user", id}, {"events", std::move(out)}});
}

Outcome interests(Engine& engine, const Caller& caller, const json::object& arguments) {
  return value(
      engine.interests(caller.tenant, text_of(arguments, "id"), language_of(caller, arguments)));
}

Outcome recommend(Engine& engine, const Caller& caller, const json::object& arguments) {
  RecommendQuery query = query_of(caller, arguments);
  query.user = text_of(arguments, "id");
  return value(engine.recommend(caller.tenant, query));
}

Outcome explain(Engine& engine, const Caller& caller, const json::object& arguments) {
  RecommendQuery query = query_of(caller, arguments);
  query.user = text_of(arguments, "id");
  query.contributions = arguments.at("contributions").get_bool();
  return value(engine.explain(caller.tenant, text_of(arguments, "item"), query));
}

Outcome similar(Engine& engine, const Caller& caller, const json::object& arguments) {
  return value(
      engine.similar(caller.tenant, text_of(arguments, "id"), query_of(caller, arguments)));
}

Outcome search(Engine& engine, const Caller& caller, const json::object& arguments) {
  RecommendQuery query = query_of(caller, arguments);
  query.diversity = 0;  // who searches wants the best hits, not a mixture
  return value(engine.search(caller.tenant, text_of(arguments, "query"), query));
}

Outcome match(Engine& engine, const Caller& caller, const json::object& arguments) {
  const std::string language = language_of(caller, arguments);
  return value(engine.match(
      text_of(arguments, "text"), texts_of(arguments, "interests"),
      {.language = language, .contributions = arguments.at("contributions").get_bool()}));
}

Outcome embed(Engine& engine, const Caller&, const json::object& arguments) {
  const std::string model = text_of(arguments, "model");
  if (!model.empty()) {
    TRY(const Encoder* encoder, engine.encoder());
    if (encoder->name() != model)
      return not_found(
          fmt::format("model: \"{}\" is not loaded here, \"{}\" is", model, encoder->name()));
  }
  return value(engine.embed(texts_of(arguments, "texts")));
}

Outcome mine(Engine& engine, const Caller&, const json::object& arguments) {
  return value(engine.mine(texts_of(arguments, "texts"), count_of(arguments, "n")));
}

}  // namespace penchant::handlers
