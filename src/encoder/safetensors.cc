#include "encoder/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/check.h"
#include "base/json.h"
#include "base/limits.h"

static_assert(std::endian::native == std::endian::little, "tensors are read as they lie");

namespace penchant {

namespace {

constexpr size_t dimensions_max = 8;

// Bytes of one value; 0 for a type the format does not know.
size_t value_bytes(std::string_view dtype) {
  struct Type {
    std::string_view name;
    size_t bytes;
  };
  static constexpr Type types[] = {{"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E4M3", 1},
                                   {"U16", 2},  {"I16", 2}, {"F16", 2}, {"F8_E5M2", 1},
                                   {"BF16", 2}, {"U32", 4}, {"I32", 4}, {"F32", 4},
                                   {"U64", 8},  {"I64", 8}, {"F64", 8}};
  for (const Type& type : types)
    if (type.name == dtype) return type.bytes;
  return 0;
}

std::string shape_text(std::span<const size_t> shape) {
  return fmt::format("[{}]", fmt::join(shape.begin(), shape.end(), ", "));
}

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

// Product of the shape and the size of a value, or nothing when that overflows.
std::optional<size_t> tensor_bytes(std::span<const size_t> shape, size_t bytes_per_value) {
  size_t bytes = bytes_per_value;
  for (const size_t size : shape)
    if (__builtin_mul_overflow(bytes, size, &bytes)) return std::nullopt;
  return bytes;
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
  const size_t unit = value_bytes(tensor.dtype);
  if (unit == 0) return invalid(fmt::format("{}: unknown dtype {}", tensor.place, to_text(*dtype)));
  TRY(tensor.shape, size_list(entry, "shape", tensor.place));
  TRY(const auto offsets, size_list(entry, "data_offsets", tensor.place));
  if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > data.size())
    return invalid(fmt::format("{}: data_offsets {} do not lie in the {} bytes of data",
                               tensor.place, shape_text(offsets), data.size()));
  const auto bytes = tensor_bytes(tensor.shape, unit);
  if (!bytes.has_value() || *bytes != offsets[1] - offsets[0])
    return invalid(fmt::format("{}: shape {} of {} does not fill {} bytes", tensor.place,
                               shape_text(tensor.shape), tensor.dtype, offsets[1] - offsets[0]));
  tensor.bytes = data.subspan(offsets[0], *bytes);
  return tensor;
}

// The tensors must cover the data exactly once: what is left over or shared is a damaged file.
Result<> check_coverage(const std::map<std::string, Tensor, std::less<>>& tensors,
                        std::span<const uint8_t> data, std::string_view place) {
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

float from_half(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t exponent = half >> 10 & 31, fraction = half & 1023;
  if (exponent == 0) {  // zero or subnormal: fraction * 2^-24
    const float size = static_cast<float>(fraction) * 0x1p-24f;
    return sign != 0 ? -size : size;
  }
  const uint32_t wide = exponent == 31 ? 255 : exponent + 112;
  return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

// The first value that is not a finite number, by its bits.
std::optional<size_t> first_not_finite(const Tensor& tensor) {
  constexpr size_t chunk = 4096;
  float values[chunk];
  const size_t count = tensor.bytes.size() / value_bytes(tensor.dtype);
  for (size_t first = 0; first < count; first += chunk) {
    const size_t n = std::min(chunk, count - first);
    read_floats(tensor, first, n, values);
    float sum = 0;  // 0 * x is not a number exactly when x is not finite
    for (size_t i = 0; i < n; ++i) sum += 0.0f * values[i];
    if (sum == 0) continue;
    for (size_t i = 0; i < n; ++i)
      if (!(0.0f * values[i] == 0)) return first + i;
  }
  return std::nullopt;
}

}  // namespace

Result<Safetensors> Safetensors::open(const Path& path) {
  TRY(MappedFile file, MappedFile::open(path));
  TRY(Safetensors tensors, parse(file.bytes(), path.string()));
  tensors.file_ = std::move(file);  // the mapping stays where it is
  return tensors;
}

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

Result<const Tensor*> Safetensors::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) return invalid(fmt::format("{}: no tensor \"{}\"", place_, name));
  return &found->second;
}

Result<const Tensor*> Safetensors::floats(std::string_view name,
                                          std::span<const size_t> shape) const {
  TRY(const Tensor* tensor, find(name));
  if (!std::ranges::equal(tensor->shape, shape))
    return invalid(fmt::format("{}: shape {}, expected {}", tensor->place,
                               shape_text(tensor->shape), shape_text(shape)));
  constexpr std::string_view known[] = {"F32", "F16", "BF16", "F64"};
  if (std::ranges::find(known, tensor->dtype) == std::end(known))
    return invalid(
        fmt::format("{}: dtype {}, expected F32, F16, BF16 or F64", tensor->place, tensor->dtype));
  if (const auto at = first_not_finite(*tensor); at.has_value()) {
    float value = 0;
    read_floats(*tensor, *at, 1, &value);
    return invalid(fmt::format("{}: value {} is {}", tensor->place, *at, value));
  }
  return tensor;
}

Result<std::vector<float>> Safetensors::copy_floats(std::string_view name,
                                                    std::span<const size_t> shape) const {
  TRY(const Tensor* tensor, floats(name, shape));
  std::vector<float> values(tensor->bytes.size() / value_bytes(tensor->dtype));
  read_floats(*tensor, 0, values.size(), values.data());
  return values;
}

Result<std::vector<int64_t>> Safetensors::copy_integers(std::string_view name) const {
  TRY(const Tensor* tensor, find(name));
  const size_t unit = value_bytes(tensor->dtype);
  if (tensor->dtype != "I64" && tensor->dtype != "I32")
    return invalid(fmt::format("{}: dtype {}, expected I64 or I32", tensor->place, tensor->dtype));
  std::vector<int64_t> values(tensor->bytes.size() / unit);
  for (size_t i = 0; i < values.size(); ++i) {
    int32_t narrow = 0;
    std::memcpy(unit == 8 ? static_cast<void*>(&values[i]) : &narrow,
                tensor->bytes.data() + i * unit, unit);
    if (unit == 4) values[i] = narrow;
  }
  return values;
}

void read_floats(const Tensor& tensor, size_t first, size_t count, float* out) {
  const size_t unit = value_bytes(tensor.dtype);
  CHECK((first + count) * unit <= tensor.bytes.size(), tensor.place);
  const uint8_t* from = tensor.bytes.data() + first * unit;
  if (unit == 4) {
    if (count > 0) std::memcpy(out, from, count * unit);
    return;
  }
  const bool brain = tensor.dtype == "BF16";
  for (size_t i = 0; i < count; ++i) {
    if (unit == 8) {
      double wide = 0;
      std::memcpy(&wide, from + i * unit, unit);
      out[i] = static_cast<float>(wide);
      continue;
    }
    uint16_t bits = 0;
    std::memcpy(&bits, from + i * unit, unit);
    out[i] = brain ? std::bit_cast<float>(static_cast<uint32_t>(bits) << 16) : from_half(bits);
  }
}

}  // namespace penchant
