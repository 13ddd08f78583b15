// How records lie in the columns of penchant.db: times as milliseconds, vectors as little-endian
// float32, everything that is not queried as JSON text.
// Thread-safety: functions on values.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/records.h"
#include "store/store.h"

namespace penchant {

int64_t to_milliseconds(Seconds time);
Seconds from_milliseconds(int64_t milliseconds);
std::optional<int64_t> to_milliseconds(const std::optional<Seconds>& time);
std::optional<Seconds> from_milliseconds(const std::optional<int64_t>& milliseconds);

std::span<const uint8_t> vector_bytes(const std::vector<float>& vector);
Result<std::vector<float>> vector_from_bytes(std::span<const uint8_t> bytes);

// What has no column of its own, as JSON; empty when there is nothing.
std::string rest_text(const Item& item);
std::string rest_text(const User& user);
std::string labels_text(const json::object& labels);
Result<> read_rest(std::string_view text, Item& item);
Result<> read_rest(std::string_view text, User& user);
Result<json::object> read_labels_text(std::string_view text);

std::string keywords_text(const ItemFeatures& features);
Result<> read_keywords(std::string_view text, ItemFeatures& features);

// The whole number in the label "order" of an event, which breaks ties in time.
std::optional<int64_t> event_place(const Event& event);

}  // namespace penchant
