#include "encoder/tensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "encoder/value_types.h"

namespace penchant {

namespace {

const ValueType& type_of(const Tensor& tensor) {
  const ValueType* const type = find_value_type(tensor.dtype);
  CHECK(type != nullptr, tensor.place);
  return *type;
}

size_t value_count(const Tensor& tensor) {
  const ValueType& type = type_of(tensor);
  return tensor.bytes.size() / type.bytes * type.values;
}

// The first value that is not a finite number, by its bits.
std::optional<size_t> first_not_finite(const Tensor& tensor) {
  constexpr size_t chunk = 4096;
  float values[chunk];
  const size_t count = value_count(tensor);
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

// As the values lie in the file; blocks of which a part is wanted go through a buffer.
void read_in_order(const Tensor& tensor, size_t first, size_t count, float* out) {
  const ValueType& type = type_of(tensor);
  const auto at = [&](size_t value) {
    return tensor.bytes.data() + value / type.values * type.bytes;
  };
  while (count > 0) {
    const size_t skipped = first % type.values;
    size_t n = count / type.values * type.values;
    if (skipped == 0 && n > 0) {
      type.to_floats(at(first), n / type.values, out);
    } else {
      float block[256];
      CHECK(type.values <= std::size(block), tensor.place);
      n = std::min(count, type.values - skipped);
      type.to_floats(at(first), 1, block);
      std::copy_n(block + skipped, n, out);
    }
    first += n;
    count -= n;
    out += n;
  }
}

}  // namespace

Result<const Tensor*> Tensors::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) return invalid(fmt::format("{}: no tensor \"{}\"", place_, name));
  return &found->second;
}

Result<const Tensor*> Tensors::find(std::string_view name, std::span<const size_t> shape) const {
  TRY(const Tensor* tensor, find(name));
  if (!std::ranges::equal(tensor->shape, shape))
    return invalid(fmt::format("{}: shape {}, expected {}", tensor->place,
                               shape_text(tensor->shape), shape_text(shape)));
  return tensor;
}

Result<const Tensor*> Tensors::bytes(std::string_view name, std::span<const size_t> shape) const {
  TRY(const Tensor* tensor, find(name, shape));
  if (tensor->dtype != "I8")
    return invalid(fmt::format("{}: dtype {}, expected I8", tensor->place, tensor->dtype));
  return tensor;
}

Result<const Tensor*> Tensors::floats(std::string_view name, std::span<const size_t> shape) const {
  TRY(const Tensor* tensor, find(name, shape));
  const ValueType& type = type_of(*tensor);
  if (type.to_floats == nullptr)
    return invalid(
        type.values == 1
            ? fmt::format("{}: dtype {}, expected F32, F16, BF16 or F64", tensor->place, type.name)
            : fmt::format("{}: quantised as {}, of which Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K "
                          "and Q6_K are read",
                          tensor->place, type.name));
  if (const auto at = first_not_finite(*tensor); at.has_value()) {
    float value = 0;
    read_floats(*tensor, *at, 1, &value);
    return invalid(fmt::format("{}: value {} is {}", tensor->place, *at, value));
  }
  return tensor;
}

Result<std::vector<float>> Tensors::copy_floats(std::string_view name,
                                                std::span<const size_t> shape) const {
  TRY(const Tensor* tensor, floats(name, shape));
  std::vector<float> values(value_count(*tensor));
  read_floats(*tensor, 0, values.size(), values.data());
  return values;
}

Result<std::vector<int64_t>> Tensors::copy_integers(std::string_view name) const {
  TRY(const Tensor* tensor, find(name));
  if (tensor->dtype != "I64" && tensor->dtype != "I32")
    return invalid(fmt::format("{}: dtype {}, expected I64 or I32", tensor->place, tensor->dtype));
  const size_t unit = type_of(*tensor).bytes;
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
  const size_t all = value_count(tensor), pair = tensor.paired_rows;
  CHECK(first <= all && count <= all - first, tensor.place);
  if (pair == 0) return read_in_order(tensor, first, count, out);
  if (count == 0) return;
  const size_t columns = all / tensor.shape[0];
  while (count > 0) {
    const size_t row = first / columns, column = first % columns, in_block = row % pair;
    const size_t source = row - in_block + in_block % (pair / 2) * 2 + in_block / (pair / 2);
    const size_t n = std::min(count, columns - column);
    read_in_order(tensor, source * columns + column, n, out);
    first += n;
    count -= n;
    out += n;
  }
}

std::string shape_text(std::span<const size_t> shape) {
  return fmt::format("[{}]", fmt::join(shape.begin(), shape.end(), ", "));
}

std::optional<size_t> tensor_bytes(std::string_view dtype, std::span<const size_t> shape) {
  const ValueType* const type = find_value_type(dtype);
  if (type == nullptr) return std::nullopt;
  const size_t columns = shape.empty() ? 1 : shape.back();
  if (columns % type->values != 0) return std::nullopt;
  size_t bytes = 0;
  if (__builtin_mul_overflow(columns / type->values, type->bytes, &bytes)) return std::nullopt;
  for (size_t i = 0; i + 1 < shape.size(); ++i)
    if (__builtin_mul_overflow(bytes, shape[i], &bytes)) return std::nullopt;
  // Values are counted, too: blocks have more of them than bytes.
  size_t values = bytes / type->bytes;
  if (__builtin_mul_overflow(values, type->values, &values)) return std::nullopt;
  return bytes;
}

}  // namespace penchant
