#include "text/smaller_vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/json.h"

namespace penchant {

namespace {

Result<json::object*> object_field(json::object& object, std::string_view name,
                                   std::string_view place) {
  json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_object())
    return invalid(fmt::format("{}: {} is not an object", place, name));
  return &value->get_object();
}

// The id of the unknown token, which a smaller vocabulary needs more, or -1.
Result<int64_t> unknown_id(const json::object& model, std::string_view place) {
  if (const json::value* id = model.if_contains("unk_id")) {
    if (id->is_null()) return -1;
    if (id->is_int64() && id->get_int64() >= 0) return id->get_int64();
    return invalid(fmt::format("{}: model.unk_id is {}", place, to_text(*id)));
  }
  const json::value* token = model.if_contains("unk_token");
  const json::value* vocabulary = model.if_contains("vocab");
  if (token == nullptr || !token->is_string() || !vocabulary->is_object()) return -1;
  const json::value* id = vocabulary->get_object().if_contains(token->get_string());
  return id != nullptr && id->is_int64() ? id->get_int64() : -1;
}

using NewIds = std::unordered_map<int64_t, int64_t>;

void keep_pieces(json::object& model, const std::vector<int32_t>& ids, const NewIds& new_ids) {
  if (model["vocab"].is_array()) {
    json::array kept;
    json::array& whole = model["vocab"].get_array();
    for (const int32_t id : ids)
      if (static_cast<size_t>(id) < whole.size())  // added tokens may stand behind
        kept.push_back(std::move(whole[static_cast<size_t>(id)]));
    model["vocab"] = std::move(kept);
    return;
  }
  json::object kept;
  for (auto& [token, id] : model["vocab"].get_object())
    if (const auto found = new_ids.find(id.to_number<int64_t>()); found != new_ids.end())
      kept[token] = found->second;
  model["vocab"] = std::move(kept);
}

void keep_added_tokens(json::object& root, const NewIds& new_ids) {
  json::array kept;
  if (const json::value* added = root.if_contains("added_tokens"); added && added->is_array())
    for (json::value token : added->get_array()) {
      if (!token.is_object() || !token.get_object()["id"].is_int64()) continue;
      const auto found = new_ids.find(token.get_object()["id"].get_int64());
      if (found == new_ids.end()) continue;
      token.get_object()["id"] = found->second;
      kept.push_back(std::move(token));
    }
  root["added_tokens"] = std::move(kept);
}

void add_ids_of_added_tokens(const json::object& root, std::vector<int32_t>& ids) {
  const json::value* added = root.if_contains("added_tokens");
  if (added == nullptr || !added->is_array()) return;
  for (const json::value& token : added->get_array()) {
    const json::value* id = token.is_object() ? token.get_object().if_contains("id") : nullptr;
    if (id != nullptr && id->is_int64() && id->get_int64() >= 0 && id->get_int64() < INT32_MAX)
      ids.push_back(static_cast<int32_t>(id->get_int64()));
  }
  std::ranges::sort(ids);
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

// Every number under "ids", "id" and "pad_id", and the second of a pair of token and id: what the
// post-processors and the padding of published files hold.
void renumber(json::value& value, const NewIds& new_ids) {
  const auto exchange = [&](json::value& id) {
    if (!id.is_int64()) return;
    const auto found = new_ids.find(id.get_int64());
    if (found != new_ids.end()) id = found->second;
  };
  if (value.is_array()) {
    json::array& list = value.get_array();
    if (list.size() == 2 && list[0].is_string() && list[1].is_int64()) exchange(list[1]);
    for (json::value& element : list) renumber(element, new_ids);
  } else if (value.is_object()) {
    for (auto& [key, field] : value.get_object()) {
      if (key == "ids" && field.is_array())
        for (json::value& id : field.get_array()) exchange(id);
      else if (key == "id" || key == "pad_id")
        exchange(field);
      else
        renumber(field, new_ids);
    }
  }
}

}  // namespace

std::vector<uint64_t> count_tokens(std::span<const std::vector<int32_t>> texts, size_t vocabulary) {
  std::vector<uint64_t> counts(vocabulary);
  for (const std::vector<int32_t>& ids : texts)
    for (const int32_t id : ids) ++counts[static_cast<size_t>(id)];
  return counts;
}

std::vector<int32_t> frequent_tokens(std::span<const uint64_t> counts, size_t most) {
  std::vector<int32_t> ids;
  for (size_t id = 0; id < counts.size(); ++id)
    if (counts[id] > 0) ids.push_back(static_cast<int32_t>(id));
  const auto more = [&](int32_t a, int32_t b) {
    const uint64_t x = counts[static_cast<size_t>(a)], y = counts[static_cast<size_t>(b)];
    return x != y ? x > y : a < b;
  };
  std::sort(ids.begin(), ids.end(), more);
  ids.resize(std::min(ids.size(), most));
  std::sort(ids.begin(), ids.end());
  return ids;
}

Result<SmallerVocabulary> keep_tokens(std::string_view json, std::string_view place,
                                      std::span<const int32_t> ids, Rest rest) {
  TRY(json::value value, parse_json(json, place));
  if (!value.is_object()) return invalid(fmt::format("{}: not a JSON object", place));
  json::object& root = value.get_object();
  TRY(json::object * model, object_field(root, "model", place));
  const json::value* type = model->if_contains("type");
  // A copy: what is written into the object below may move its values.
  const std::string name = type != nullptr && type->is_string() ? type->as_string().c_str() : "";
  if (name != "Unigram" && name != "WordPiece")
    return invalid(fmt::format(
        "{}: a vocabulary of type \"{}\" cannot be cut down, only Unigram and WordPiece", place,
        name));
  TRY(const int64_t unknown, unknown_id(*model, place));

  SmallerVocabulary out;
  out.ids.assign(ids.begin(), ids.end());
  if (unknown >= 0) {
    const auto at = std::ranges::lower_bound(out.ids, unknown);
    if (at == out.ids.end() || *at != unknown) out.ids.insert(at, static_cast<int32_t>(unknown));
  }
  if (rest == Rest::all) add_ids_of_added_tokens(root, out.ids);
  NewIds new_ids;
  for (size_t i = 0; i < out.ids.size(); ++i) new_ids[out.ids[i]] = static_cast<int64_t>(i);
  keep_pieces(*model, out.ids, new_ids);
  if (unknown >= 0) out.unknown = static_cast<int32_t>(new_ids[unknown]);
  if (name == "Unigram" && unknown >= 0) (*model)["unk_id"] = out.unknown;
  keep_added_tokens(root, new_ids);
  for (const char* part : {"post_processor", "truncation", "padding"}) {
    if (rest == Rest::none)
      root[part] = nullptr;
    else if (root.contains(part))
      renumber(root[part], new_ids);
  }
  out.json = to_text(value);
  return out;
}

}  // namespace penchant
