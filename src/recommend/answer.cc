#include "recommend/answer.h"

#include <boost/json/value_from.hpp>
#include <cmath>

#include "recommend/pipeline.h"

namespace penchant {

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::interest:
      return "interest";
    case Kind::recent:
      return "recent";
    case Kind::declared:
      return "declared";
    case Kind::item:
      return "item";
    case Kind::popular:
      return "popular";
    case Kind::trending:
      return "trending";
    case Kind::latest:
      return "latest";
    case Kind::similar:
      return "similar";
    case Kind::words:
      return "words";
    case Kind::dislike:
      return "dislike";
    case Kind::diversity:
      return "diversity";
    case Kind::catalogue:
      return "catalogue";
  }
  return "catalogue";
}

namespace {

json::array items_json(const std::vector<NamedItem>& items) {
  json::array out;
  for (const NamedItem& item : items) {
    out.push_back(
        {{"id", item.id}, {"title", item.title}, {"share", std::round(item.share * 1e4) / 1e4}});
  }
  return out;
}

json::object reason_json(const Reason& reason) {
  json::object out{{"kind", kind_name(reason.kind)},
                   {"contribution", reason.contribution},
                   {"text", reason.text}};
  if (!reason.name.empty()) out["name"] = reason.name;
  if (!reason.items.empty()) out["items"] = items_json(reason.items);
  if (!reason.words.empty()) out["words"] = json::value_from(reason.words);
  return out;
}

}  // namespace

json::object to_json(const Recommended& item, bool explain) {
  json::object out{{"item", item.id},
                   {"title", item.title},
                   {"score", item.score},
                   {"source", kind_name(item.source)}};
  if (explain) {
    json::array& reasons = out["reasons"].emplace_array();
    for (const Reason& reason : item.reasons) reasons.push_back(reason_json(reason));
  }
  return out;
}

json::object to_json(const Answer& answer, bool explain) {
  json::object out;
  out["summary"] = answer.summary;
  out["personal"] = answer.personal;
  json::array& items = out["items"].emplace_array();
  for (const Recommended& item : answer.items) items.push_back(to_json(item, explain));
  return out;
}

json::array to_json(std::span<const NamedInterest> interests) {
  json::array out;
  for (const NamedInterest& interest : interests) {
    out.push_back({{"kind", kind_name(interest.kind)},
                   {"name", interest.name},
                   {"share", std::round(interest.share * 1e4) / 1e4},
                   {"items", items_json(interest.items)}});
  }
  return out;
}

}  // namespace penchant
