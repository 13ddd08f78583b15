#include "engine/features.h"

#include <fmt/format.h>

#include <cmath>

#include "base/hash.h"
#include "encoder/encoder.h"
#include "mining/keywords.h"

namespace penchant {

namespace {

Result<std::vector<float>> own_vector(const Item& item, const Encoder* encoder) {
  std::vector<float> vector = item.vector;
  if (encoder != nullptr && vector.size() != encoder->dimensions())
    return invalid(fmt::format("item \"{}\": \"vector\" has {} numbers, the encoder {} gives {}",
                               item.id, vector.size(), encoder->name(), encoder->dimensions()));
  double square = 0;
  for (const float v : vector) square += double{v} * v;
  if (square > 0)
    for (float& v : vector) v = static_cast<float>(v / std::sqrt(square));
  return vector;
}

}  // namespace

namespace {

void append(std::string& text, std::string_view joint, std::string_view part) {
  if (part.empty()) return;
  if (!text.empty()) text += joint;
  text += part;
}

}  // namespace

std::string title_text(const Item& item) {
  std::string text = item.title;
  std::string_view joint = ". ";
  for (const std::string& category : item.categories) {
    append(text, joint, category);
    joint = ", ";
  }
  return text;
}

std::string understood_text(const Item& item) {
  std::string text = title_text(item);
  append(text, ". ", item.text);
  return text;
}

std::string feature_source(const Item& item, std::string_view encoder_name) {
  // The separator is no UTF-8, so no two different fields run together to the same bytes.
  std::string bytes =
      fmt::format("{}\xFF{}\xFF{}\xFF", understood_text(item), encoder_name, keywords_version);
  bytes.append(reinterpret_cast<const char*>(item.vector.data()),
               item.vector.size() * sizeof(float));
  return sha256(bytes).substr(0, 32);
}

Result<std::vector<ItemFeatures>> compute_features(std::span<const Item> items, Encoder* encoder,
                                                   const KeywordStatistics& statistics) {
  const std::string_view encoder_name = encoder != nullptr ? encoder->name() : "";
  std::vector<ItemFeatures> features(items.size());
  std::vector<std::string> texts;
  texts.reserve(items.size());
  for (const Item& item : items) texts.push_back(understood_text(item));

  std::vector<std::string_view> views(texts.begin(), texts.end());
  std::vector<std::string_view> to_encode;
  std::vector<size_t> encoded_item;
  for (size_t i = 0; i < items.size(); ++i) {
    features[i].source = feature_source(items[i], encoder_name);
    if (!items[i].vector.empty()) {
      TRY(features[i].vector, own_vector(items[i], encoder));
    } else if (encoder != nullptr && !texts[i].empty()) {
      to_encode.push_back(views[i]);
      encoded_item.push_back(i);
    }
  }
  if (!to_encode.empty()) {
    TRY(const Matrix vectors, encoder->encode(to_encode, Purpose::passage));
    for (size_t i = 0; i < encoded_item.size(); ++i) {
      const auto row = vectors.row(i);
      features[encoded_item[i]].vector.assign(row.begin(), row.end());
    }
  }
  // Statistics alone: an encoder pass over every candidate phrase would cost more than the items.
  TRY(const auto keywords, mine_keywords(views, statistics, nullptr, {}));
  for (size_t i = 0; i < items.size(); ++i)
    for (const Keyword& keyword : keywords[i])
      features[i].keywords.emplace_back(keyword.text, keyword.weight);
  return features;
}

}  // namespace penchant
