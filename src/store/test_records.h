// For tests: random records that use every field, hostile texts included. The same seed gives the
// same records.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/utf8.h"
#include "store/records.h"

namespace penchant {

inline std::string random_text(Random& random, size_t length) {
  std::string text;
  for (size_t i = random.below(length + 1); i > 0; --i) {
    switch (random.below(4)) {
      case 0:
        utf8_append(text, static_cast<char32_t>(random.below(0x80)));  // NUL and quotes included
        break;
      case 1:
        utf8_append(text, static_cast<char32_t>(0x4E00 + random.below(0x1000)));
        break;
      case 2:
        utf8_append(text, static_cast<char32_t>(0x1F300 + random.below(0x300)));
        break;
      default:
        text += static_cast<char>('a' + random.below(26));
    }
  }
  return text;
}

inline std::string random_id(Random& random) {
  std::string id = random_text(random, 12);
  return id.empty() ? "x" : id;
}

inline json::value random_label(Random& random, int depth) {
  switch (random.below(depth > 0 ? 7 : 5)) {
    case 0:
      return json::value(random_text(random, 10));
    case 1:
      return static_cast<int64_t>(random.next());
    case 2:
      return random.uniform() * std::pow(10.0, static_cast<double>(random.below(40)) - 20);
    case 3:
      return random.below(2) == 1;
    case 4:
      return random.next() | 1ull << 63;
    case 5: {
      json::array array;
      for (size_t i = random.below(4); i > 0; --i) array.push_back(random_label(random, depth - 1));
      return array;
    }
    default: {
      json::object object;
      for (size_t i = random.below(4); i > 0; --i)
        object[random_text(random, 6)] = random_label(random, depth - 1);
      return object;
    }
  }
}

inline json::object random_labels(Random& random) {
  json::object labels;
  for (size_t i = random.below(4); i > 0; --i)
    labels[random_text(random, 6)] = random_label(random, 3);
  return labels;
}

inline std::optional<Seconds> random_time(Random& random) {
  if (random.below(4) == 0) return std::nullopt;
  return std::round(random.uniform() * 4e12 - 1e12) / 1000;
}

inline std::vector<std::string> random_strings(Random& random) {
  std::vector<std::string> strings;
  for (size_t i = random.below(4); i > 0; --i) strings.push_back(random_text(random, 8));
  return strings;
}

inline Item random_item(Random& random) {
  Item item;
  item.id = random_id(random);
  item.title = random_text(random, 20);
  item.text = random_text(random, 60);
  item.categories = random_strings(random);
  item.labels = random_labels(random);
  item.time = random_time(random);
  item.expires = random_time(random);
  item.hidden = random.below(5) == 0;
  for (size_t i = random.below(8); i > 0; --i)
    item.vector.push_back(static_cast<float>(random.uniform() - 0.5));
  if (random.below(3) == 0) item.url = random_text(random, 20);
  if (random.below(3) == 0) item.image = random_text(random, 20);
  if (random.below(3) == 0) item.audio = random_text(random, 20);
  return item;
}

inline User random_user(Random& random) {
  User user;
  user.id = random_id(random);
  user.labels = random_labels(random);
  user.interests = random_strings(random);
  return user;
}

inline Event random_event(Random& random) {
  Event event;
  event.user = random_id(random);
  event.item = random_id(random);
  event.type = random_id(random);
  event.value = random.below(2) == 0 ? 1 : random.uniform() * 10 - 5;
  event.time = random_time(random);
  if (random.below(3) == 0) event.recommendation = random_text(random, 20);
  event.labels = random_labels(random);
  return event;
}

}  // namespace penchant
