#include "store/rows.h"

#include <bit>
#include <cmath>
#include <cstring>

namespace penchant {

static_assert(std::endian::native == std::endian::little, "vectors are stored little-endian");

int64_t to_milliseconds(Seconds time) { return std::llround(time * 1000); }

Seconds from_milliseconds(int64_t milliseconds) { return static_cast<double>(milliseconds) / 1000; }

std::optional<int64_t> to_milliseconds(const std::optional<Seconds>& time) {
  return time ? std::optional(to_milliseconds(*time)) : std::nullopt;
}

std::optional<Seconds> from_milliseconds(const std::optional<int64_t>& milliseconds) {
  return milliseconds ? std::optional(from_milliseconds(*milliseconds)) : std::nullopt;
}

std::span<const uint8_t> vector_bytes(const std::vector<float>& vector) {
  return {reinterpret_cast<const uint8_t*>(vector.data()), vector.size() * sizeof(float)};
}

Result<std::vector<float>> vector_from_bytes(std::span<const uint8_t> bytes) {
  if (bytes.size() % sizeof(float) != 0) return invalid("a vector of broken length");
  std::vector<float> vector(bytes.size() / sizeof(float));
  if (!vector.empty()) std::memcpy(vector.data(), bytes.data(), bytes.size());
  return vector;
}

std::string rest_text(const Item& item) {
  json::object rest;
  if (!item.categories.empty())
    rest.emplace("categories", json::array(item.categories.begin(), item.categories.end()));
  if (!item.labels.empty()) rest.emplace("labels", item.labels);
  if (!item.url.empty()) rest.emplace("url", item.url);
  if (!item.image.empty()) rest.emplace("image", item.image);
  if (!item.audio.empty()) rest.emplace("audio", item.audio);
  return rest.empty() ? "" : to_text(rest);
}

std::string rest_text(const User& user) {
  json::object rest;
  if (!user.labels.empty()) rest.emplace("labels", user.labels);
  if (!user.interests.empty())
    rest.emplace("interests", json::array(user.interests.begin(), user.interests.end()));
  return rest.empty() ? "" : to_text(rest);
}

std::string labels_text(const json::object& labels) {
  return labels.empty() ? "" : to_text(labels);
}

namespace {

Result<json::object> read_object(std::string_view text) {
  if (text.empty()) return json::object();
  TRY(json::value value, parse_json(text, "row"));
  if (!value.is_object()) return invalid("row: not an object");
  return std::move(value.get_object());
}

Result<std::string> read_string(const json::object& object, std::string_view field) {
  TRY(std::optional<std::string> text, get_string(object, field));
  return std::move(text).value_or("");
}

Result<json::object> take_labels(json::object& rest) {
  json::value* labels = rest.if_contains("labels");
  if (labels == nullptr) return json::object();
  if (!labels->is_object()) return invalid("row: labels are not an object");
  return std::move(labels->get_object());
}

}  // namespace

Result<> read_rest(std::string_view text, Item& item) {
  TRY(json::object rest, read_object(text));
  TRY(item.categories, get_strings(rest, "categories"));
  TRY(item.labels, take_labels(rest));
  TRY(item.url, read_string(rest, "url"));
  TRY(item.image, read_string(rest, "image"));
  TRY(item.audio, read_string(rest, "audio"));
  return {};
}

Result<> read_rest(std::string_view text, User& user) {
  TRY(json::object rest, read_object(text));
  TRY(user.labels, take_labels(rest));
  TRY(user.interests, get_strings(rest, "interests"));
  return {};
}

Result<json::object> read_labels_text(std::string_view text) { return read_object(text); }

std::string keywords_text(const ItemFeatures& features) {
  json::array keywords;
  for (const auto& [word, weight] : features.keywords) {
    keywords.emplace_back(word);
    keywords.emplace_back(weight);
  }
  return keywords.empty() ? "" : to_text(keywords);
}

Result<> read_keywords(std::string_view text, ItemFeatures& features) {
  if (text.empty()) return {};
  TRY(const json::value value, parse_json(text, "row"));
  const json::array* keywords = value.if_array();
  if (keywords == nullptr || keywords->size() % 2 != 0) return invalid("row: not keywords");
  for (size_t i = 0; i < keywords->size(); i += 2) {
    const json::value& word = (*keywords)[i];
    const json::value& weight = (*keywords)[i + 1];
    if (!word.is_string() || !weight.is_number()) return invalid("row: not keywords");
    features.keywords.emplace_back(std::string(word.get_string()), weight.to_number<float>());
  }
  return {};
}

std::optional<int64_t> event_place(const Event& event) {
  const json::value* order = event.labels.if_contains("order");
  return order != nullptr && order->is_int64() ? std::optional(order->get_int64()) : std::nullopt;
}

}  // namespace penchant
