#include "encoder/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/json.h"
#include "base/limits.h"
#include "encoder/value_types.h"

namespace penchant {

namespace {

constexpr size_t dimensions_max = 8;

Result<size_t> size_value(const json::value& value, std::string_view what) {
  if (value.is_uint64()) return static_cast<size_t>(value.get_uint64());
  if (value.is_int64() && value.get_int64() >= 0) return static_cast<size_t>(value.get_int64());
  return invalid(fmt::format("{} holds {}, not a size", what, to_text(value)));
}

Result<std::vector<size_t>> size_list(const json::object& entry, std::string_view field,
                                      std::string_view place) {
  const json::value* list = entry.if_contains(field);
  if (list == nullptr || !list->is_array())
    return invalid(fmt::format("{}: {} is not a list", place, field));
  if (list->get_array().size() > dimensions_max)
    return invalid(fmt::format("{}: {} has {} numbers, more than {}", place, field,
                               list->get_array().size(), dimensions_max));
  std::vector<size_t> sizes;
  for (const json::value& value : list->get_array()) {
    TRY(const size_t size, size_value(value, fmt::format("{}: {}", place, field)));
    sizes.push_back(size);
  }
  return sizes;
}

Result<Tensor> read_entry(const json::value& value, std::span<const uint8_t> data,
                          std::string place) {
  if (!value.is_object()) return invalid(place + ": the header's entry is not an object");
  const json::object& entry = value.get_object();
  Tensor tensor;
  tensor.place = std::move(place);
  const json::value* dtype = entry.if_contains("dtype");
  if (dtype == nullptr || !dtype->is_string())
    return invalid(tensor.place + ": dtype is not a string");
  tensor.dtype = std::string(dtype->get_string());
  const ValueType* const type = find_value_type(tensor.dtype);
  if (type == nullptr || type->values != 1)  // blocks are not of this format
    return invalid(fmt::format("{}: unknown dtype {}", tensor.place, to_text(*dtype)));
  TRY(tensor.shape, size_list(entry, "shape", tensor.place));
  TRY(const auto offsets, size_list(entry, "data_offsets", tensor.place));
  if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > data.size())
    return invalid(fmt::format("{}: data_offsets {} do not lie in the {} bytes of data",
                               tensor.place, shape_text(offsets), data.size()));
  const auto bytes = tensor_bytes(tensor.dtype, tensor.shape);
  if (!bytes.has_value() || *bytes != offsets[1] - offsets[0])
    return invalid(fmt::format("{}: shape {} of {} does not fill {} bytes", tensor.place,
                               shape_text(tensor.shape), tensor.dtype, offsets[1] - offsets[0]));
  tensor.bytes = data.subspan(offsets[0], *bytes);
  return tensor;
}

// The tensors must cover the data exactly once: what is left over or shared is a damaged file.
Result<> check_coverage(const Tensors::Map& tensors, std::span<const uint8_t> data,
                        std::string_view place) {
  std::vector<const Tensor*> order;
  for (const auto& [name, tensor] : tensors) order.push_back(&tensor);
  std::sort(order.begin(), order.end(), [](const Tensor* a, const Tensor* b) {
    return std::pair(a->bytes.data(), a->bytes.size()) <
           std::pair(b->bytes.data(), b->bytes.size());
  });
  const uint8_t* end = data.data();
  for (const Tensor* tensor : order) {
    if (tensor->bytes.data() != end)
      return invalid(fmt::format("{}: starts at byte {} of the data where {} was expected",
                                 tensor->place, tensor->bytes.data() - data.data(),
                                 end - data.data()));
    end += tensor->bytes.size();
  }
  if (end != data.data() + data.size())
    return invalid(fmt::format("{}: {} bytes of data, but the tensors need {}", place, data.size(),
                               end - data.data()));
  return {};
}

}  // namespace

Result<Safetensors> Safetensors::open(const Path& path) { return open_mapped<Safetensors>(path); }

Result<Safetensors> Safetensors::parse(std::span<const uint8_t> bytes, std::string_view place) {
  uint64_t length = 0;
  if (bytes.size() < sizeof length)
    return invalid(
        fmt::format("{}: {} bytes, too short for a safetensors file", place, bytes.size()));
  std::memcpy(&length, bytes.data(), sizeof length);
  if (length > limits::safetensors_header)
    return too_large(fmt::format("{}: header of {} bytes, more than {}", place, length,
                                 limits::safetensors_header));
  if (length > bytes.size() - sizeof length)
    return invalid(
        fmt::format("{}: header of {} bytes in a file of {}", place, length, bytes.size()));
  const std::string_view header(reinterpret_cast<const char*>(bytes.data()) + sizeof length,
                                length);
  TRY(const json::value root, parse_json(header, fmt::format("{}: header", place)));
  if (!root.is_object()) return invalid(fmt::format("{}: header is not an object", place));
  const auto data = bytes.subspan(sizeof length + length);
  Safetensors result;
  result.place_ = std::string(place);
  for (const auto& [key, value] : root.get_object()) {
    if (key == "__metadata__") continue;
    std::string name(key);
    TRY(Tensor tensor, read_entry(value, data, fmt::format("{}: tensor \"{}\"", place, name)));
    result.tensors_.emplace(std::move(name), std::move(tensor));
  }
  TRY(check_coverage(result.tensors_, data, place));
  return result;
}

}  // namespace penchant
