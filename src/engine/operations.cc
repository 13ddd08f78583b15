#include "engine/operations.h"

#include "base/limits.h"
#include "engine/operations_handlers.h"

namespace penchant {

namespace {

using enum FieldType;
using enum FieldPlace;

constexpr double id_max = limits::id_bytes;
constexpr double text_max = limits::text_bytes;
constexpr double n_max = limits::answers_per_request;
constexpr double offset_max = limits::offset_per_request;
constexpr double list_max = limits::list_values;
constexpr double filter_max = limits::target_bytes;

// Fields that several operations share; `place` differs between GET and POST.
constexpr Field id_field(std::string_view help) {
  return {.name = "id",
          .type = string,
          .place = path,
          .required = true,
          .maximum = id_max,
          .help = help};
}
constexpr Field n_field(FieldPlace place) {
  return {.name = "n",
          .type = integer,
          .place = place,
          .fallback = "10",
          .minimum = 1,
          .maximum = n_max,
          .help = "how many answers"};
}
constexpr Field offset_field(FieldPlace place) {
  return {.name = "offset",
          .type = integer,
          .place = place,
          .fallback = "0",
          .minimum = 0,
          .maximum = offset_max,
          .help = "how many of the best to leave out (for pages)"};
}
constexpr Field category_field(FieldPlace place) {
  return {.name = "category",
          .type = strings,
          .place = place,
          .maximum = list_max,
          .help = "only items of any of these categories"};
}
constexpr Field filter_field(FieldPlace place) {
  return {.name = "filter",
          .type = string,
          .place = place,
          .maximum = filter_max,
          .help = "only items for which this expression over labels holds"};
}
constexpr Field exclude_field(FieldPlace place) {
  return {.name = "exclude",
          .type = strings,
          .place = place,
          .maximum = list_max,
          .help = "ids of items not to answer"};
}
constexpr Field diversity_field(std::string_view fallback) {
  return {.name = "diversity",
          .type = number,
          .place = query,
          .fallback = fallback,
          .minimum = 0,
          .maximum = 1,
          .help = "0: by score alone, 1: as different from each other as possible"};
}
constexpr Field explain_field(FieldPlace place) {
  return {.name = "explain",
          .type = boolean,
          .place = place,
          .fallback = "true",
          .help = "whether answers carry their reasons"};
}
constexpr Field language_field(FieldPlace place) {
  return {.name = "language",
          .type = string,
          .place = place,
          .help = "of the reasons; default: the caller's, else the user's",
          .choices = "en,zh"};
}
constexpr Field contributions_field(FieldPlace place, std::string_view help) {
  return {
      .name = "contributions", .type = boolean, .place = place, .fallback = "false", .help = help};
}
constexpr Field texts_field() {
  return {.name = "texts",
          .type = strings,
          .place = body,
          .required = true,
          .minimum = 1,
          .maximum = limits::texts_per_request,
          .help = "the texts",
          .example = R"(["a fast laptop"])"};
}
constexpr Field records_field(std::string_view name, std::string_view schema) {
  return {.name = name,
          .type = objects,
          .place = body,
          .required = true,
          .maximum = limits::objects_per_request,
          .help = "one object or an array of them",
          .schema = schema};
}

constexpr Field put_items_fields[] = {records_field("items", "Item")};
constexpr Field put_users_fields[] = {records_field("users", "User")};
constexpr Field put_events_fields[] = {records_field("events", "Event")};
constexpr Field item_fields[] = {id_field("the item")};
constexpr Field user_fields[] = {id_field("the user")};
constexpr Field user_events_fields[] = {id_field("the user"),
                                        {.name = "n",
                                         .type = integer,
                                         .place = query,
                                         .fallback = "100",
                                         .minimum = 1,
                                         .maximum = n_max,
                                         .help = "how many of the newest"}};
constexpr Field interests_fields[] = {id_field("the user"), language_field(query)};
constexpr Field recommend_fields[] = {
    id_field("the user"),   n_field(query),       offset_field(query),
    category_field(query),  filter_field(query),  exclude_field(query),
    diversity_field("0.2"), explain_field(query), language_field(query)};
constexpr Field explain_fields[] = {
    id_field("the user"),
    {.name = "item",
     .type = string,
     .place = query,
     .required = true,
     .minimum = 1,
     .maximum = id_max,
     .help = "the item to explain"},
    contributions_field(query,
                        "what each word of the item's text brings to a "
                        "reason that rests on meaning"),
    language_field(query)};
constexpr Field similar_fields[] = {
    id_field("the item"),  n_field(query),       offset_field(query),
    category_field(query), filter_field(query),  exclude_field(query),
    diversity_field("0"),  explain_field(query), language_field(query)};
constexpr Field search_fields[] = {{.name = "query",
                                    .type = string,
                                    .place = body,
                                    .required = true,
                                    .minimum = 1,
                                    .maximum = text_max,
                                    .help = "what to look for, in words",
                                    .example = R"("a fast laptop")"},
                                   n_field(body),
                                   offset_field(body),
                                   category_field(body),
                                   filter_field(body),
                                   exclude_field(body),
                                   explain_field(body),
                                   language_field(body)};
constexpr Field match_fields[] = {
    {.name = "text",
     .type = string,
     .place = body,
     .required = true,
     .minimum = 1,
     .maximum = text_max,
     .help = "the text to match",
     .example = R"("a fast and light laptop")"},
    {.name = "interests",
     .type = strings,
     .place = body,
     .required = true,
     .minimum = 1,
     .maximum = list_max,
     .help = "interests in words",
     .example = R"(["laptops","electronics"])"},
    contributions_field(body, "what each word brings to the similarity"),
    language_field(body)};
constexpr Field embed_fields[] = {
    texts_field(),
    {.name = "model",
     .type = string,
     .place = body,
     .maximum = id_max,
     .help = "the model that must answer; default: the one that is loaded"}};
constexpr Field mine_fields[] = {texts_field(),
                                 {.name = "what",
                                  .type = strings,
                                  .place = body,
                                  .fallback = R"(["keywords"])",
                                  .maximum = list_max,
                                  .help = "what to look for in the texts",
                                  .choices = "keywords"},
                                 {.name = "n",
                                  .type = integer,
                                  .place = body,
                                  .fallback = "8",
                                  .minimum = 1,
                                  .maximum = 100,
                                  .help = "how many keywords a text"}};

constexpr Operation table[] = {
    {.name = "put_items",
     .summary = "Add items, or replace those with the same id whole",
     .method = "POST",
     .path = "/v1/items",
     .scope = Scope::write,
     .fields = put_items_fields,
     .whole_body = "items",
     .answer_schema = "Accepted",
     .heavy = true,
     .handler = handlers::put_items},
    {.name = "put_users",
     .summary = "Add users, or replace those with the same id whole",
     .method = "POST",
     .path = "/v1/users",
     .scope = Scope::write,
     .fields = put_users_fields,
     .whole_body = "users",
     .answer_schema = "Accepted",
     .handler = handlers::put_users},
    {.name = "put_events",
     .summary = "Add events; the next answer reflects them",
     .method = "POST",
     .path = "/v1/events",
     .scope = Scope::events,
     .fields = put_events_fields,
     .whole_body = "events",
     .answer_schema = "Accepted",
     .handler = handlers::put_events},
    {.name = "item",
     .summary = "One item",
     .method = "GET",
     .path = "/v1/items/{id}",
     .scope = Scope::read,
     .fields = item_fields,
     .answer_schema = "Item",
     .handler = handlers::get_item},
    {.name = "delete_item",
     .summary = "Remove an item",
     .method = "DELETE",
     .path = "/v1/items/{id}",
     .scope = Scope::write,
     .fields = item_fields,
     .answer_schema = "Deleted",
     .handler = handlers::delete_item},
    {.name = "user",
     .summary = "One user",
     .method = "GET",
     .path = "/v1/users/{id}",
     .scope = Scope::read,
     .fields = user_fields,
     .answer_schema = "User",
     .handler = handlers::get_user},
    {.name = "delete_user",
     .summary = "Remove a user and the user's events",
     .method = "DELETE",
     .path = "/v1/users/{id}",
     .scope = Scope::write,
     .fields = user_fields,
     .answer_schema = "Deleted",
     .handler = handlers::delete_user},
    {.name = "user_events",
     .summary = "A user's events, newest first",
     .method = "GET",
     .path = "/v1/users/{id}/events",
     .scope = Scope::read,
     .fields = user_events_fields,
     .answer_schema = "UserEvents",
     .handler = handlers::user_events},
    {.name = "interests",
     .summary = "A user's interests: named, weighted, with their items",
     .method = "GET",
     .path = "/v1/users/{id}/interests",
     .scope = Scope::read,
     .fields = interests_fields,
     .answer_schema = "Interests",
     .handler = handlers::interests},
    {.name = "recommend",
     .summary = "Items for a user, best first, with reasons",
     .method = "GET",
     .path = "/v1/users/{id}/recommendations",
     .scope = Scope::read,
     .fields = recommend_fields,
     .answer_schema = "Answers",
     .handler = handlers::recommend},
    {.name = "explain",
     .summary = "Why an item would, or would not, be recommended to a user",
     .method = "GET",
     .path = "/v1/users/{id}/explain",
     .scope = Scope::read,
     .fields = explain_fields,
     .answer_schema = "Explanation",
     .handler = handlers::explain},
    {.name = "similar",
     .summary = "The like of an item",
     .method = "GET",
     .path = "/v1/items/{id}/similar",
     .scope = Scope::read,
     .fields = similar_fields,
     .answer_schema = "Answers",
     .handler = handlers::similar},
    {.name = "search",
     .summary = "Items by meaning and by words",
     .method = "POST",
     .path = "/v1/search",
     .scope = Scope::read,
     .fields = search_fields,
     .answer_schema = "Answers",
     .handler = handlers::search},
    {.name = "match",
     .summary = "How well a text fits interests told in words, and why",
     .method = "POST",
     .path = "/v1/match",
     .scope = Scope::read,
     .fields = match_fields,
     .answer_schema = "Match",
     .handler = handlers::match},
    {.name = "embed",
     .summary = "Vectors of texts",
     .method = "POST",
     .path = "/v1/embed",
     .scope = Scope::read,
     .fields = embed_fields,
     .answer_schema = "Embeddings",
     .heavy = true,
     .handler = handlers::embed},
    {.name = "mine",
     .summary = "Keywords of texts",
     .method = "POST",
     .path = "/v1/mine",
     .scope = Scope::read,
     .fields = mine_fields,
     .answer_schema = "Mined",
     .heavy = true,
     .handler = handlers::mine},
};

}  // namespace

std::span<const Operation> operations() { return table; }

const Operation* find_operation(std::string_view name) {
  for (const Operation& operation : table)
    if (operation.name == name) return &operation;
  return nullptr;
}

}  // namespace penchant
