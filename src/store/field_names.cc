#include "store/field_names.h"

#include <algorithm>

namespace penchant {

namespace {

using Name = std::string_view;

constexpr Name item_ids[] = {"item",      "itemid",    "movieid",   "parentasin", "asin",
                             "productid", "sku",       "articleid", "newsid",     "bookid",
                             "courseid",  "contentid", "docid",     "documentid", "trackid",
                             "songid",    "artistid",  "videoid",   "adid",       "postid"};
constexpr Name user_ids[] = {"user",      "userid",   "reviewerid", "customerid",
                             "visitorid", "personid", "memberid",   "uid"};
constexpr Name own_item_ids[] = {
    "id",        "itemid", "movieid",  "parentasin", "asin",      "productid", "sku",
    "articleid", "newsid", "bookid",   "courseid",   "contentid", "docid",     "documentid",
    "trackid",   "songid", "artistid", "videoid",    "adid",      "postid",    "item"};
constexpr Name own_user_ids[] = {"id",       "userid",   "reviewerid", "customerid", "visitorid",
                                 "personid", "memberid", "uid",        "user"};
constexpr Name titles[] = {"title",     "name",        "movietitle",   "itemname",
                           "itemtitle", "productname", "producttitle", "headline"};
constexpr Name texts[] = {"text",     "description", "body",         "abstract", "content",
                          "overview", "plot",        "introduction", "synopsis", "summary"};
constexpr Name categories[] = {"categories", "category", "genres", "genre", "class", "tags"};
constexpr Name types[] = {"type", "event", "eventtype", "action", "feedbacktype", "behavior"};
constexpr Name values[] = {"value", "eventvalue", "rating", "stars", "overall", "score"};
constexpr Name times[] = {"time",      "timestamp", "ts",        "unixreviewtime",
                          "eventtime", "datetime",  "createdat", "date"};
constexpr Name own_times[] = {"time", "timestamp", "createdat"};
constexpr Name expiries[] = {"expires", "expiresat"};
constexpr Name hiddens[] = {"hidden", "ishidden"};
constexpr Name urls[] = {"url", "link"};
constexpr Name images[] = {"image", "imageurl", "imurl"};
constexpr Name audios[] = {"audio", "audiourl"};
constexpr Name vectors[] = {"vector"};
constexpr Name interests[] = {"interests"};
constexpr Name recommendations[] = {"recommendation", "recommendationid"};

constexpr FieldNames item_fields[] = {
    {"id", own_item_ids}, {"title", titles},     {"text", texts},     {"categories", categories},
    {"time", own_times},  {"expires", expiries}, {"hidden", hiddens}, {"vector", vectors},
    {"url", urls},        {"image", images},     {"audio", audios},
};
constexpr FieldNames user_fields[] = {{"id", own_user_ids}, {"interests", interests}};
constexpr FieldNames event_fields[] = {
    {"user", user_ids}, {"item", item_ids}, {"type", types},
    {"value", values},  {"time", times},    {"recommendation", recommendations},
};

bool any_of(std::span<const std::string> folded, std::span<const Name> names) {
  return std::any_of(folded.begin(), folded.end(), [&](const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  });
}

}  // namespace

std::span<const FieldNames> field_names(RecordKind kind) {
  if (kind == RecordKind::item) return item_fields;
  if (kind == RecordKind::user) return user_fields;
  return event_fields;
}

std::string fold_name(std::string_view name) {
  std::string folded;
  for (const char c : name) {
    if (c == '_' || c == '-' || c == '.' || c == ' ') continue;
    folded += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return folded;
}

std::optional<RecordKind> kind_of_names(std::span<const std::string> folded) {
  const bool user = any_of(folded, user_ids);
  const bool item = any_of(folded, item_ids);
  if (user && item) return RecordKind::event;
  // A lone "user" points to one from something else (a list of friends): it makes no user.
  if (user && any_of(folded, std::span(user_ids).subspan(1))) return RecordKind::user;
  if (any_of(folded, interests)) return RecordKind::user;
  if (!user && any_of(folded, own_item_ids)) return RecordKind::item;
  return std::nullopt;
}

std::optional<RecordKind> kind_of_file_name(std::string_view name) {
  const std::string folded = fold_name(name);
  // The last word that tells: "items-of-users.csv" would be users.
  std::optional<RecordKind> kind;
  size_t best = 0;
  const auto look = [&](std::string_view word, RecordKind meaning) {
    const size_t at = folded.rfind(word);
    if (at == std::string::npos || (kind && at < best)) return;
    kind = meaning;
    best = at;
  };
  look("items", RecordKind::item);
  look("products", RecordKind::item);
  look("users", RecordKind::user);
  look("events", RecordKind::event);
  look("interactions", RecordKind::event);
  return kind;
}

std::optional<RecordKind> parse_kind(std::string_view name) {
  if (name == "items" || name == "item") return RecordKind::item;
  if (name == "users" || name == "user") return RecordKind::user;
  if (name == "events" || name == "event") return RecordKind::event;
  return std::nullopt;
}

}  // namespace penchant
