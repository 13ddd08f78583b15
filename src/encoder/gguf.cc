#include "encoder/gguf.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

#include "base/utf8.h"
#include "encoder/value_types.h"

static_assert(std::endian::native == std::endian::little, "numbers are read as they lie");

namespace penchant {

namespace {

constexpr std::string_view magic = "GGUF";
constexpr size_t dimensions_max = 4;  // as ggml
constexpr size_t tensors_max = 100'000, values_max = 100'000;
constexpr size_t name_bytes_max = 65'535;  // of a key, as the format's own limit
constexpr size_t text_bytes_max = 16u << 20, list_max = 1u << 24;
constexpr size_t depth_max = 4;  // lists in lists
constexpr uint64_t alignment_max = 1u << 16;

// ggml's numbers of types; empty: of types that are gone.
constexpr std::string_view ggml_types[] = {
    "F32",     "F16",    "Q4_0",    "Q4_1",  "",       "",      "Q5_0",  "Q5_1",
    "Q8_0",    "Q8_1",   "Q2_K",    "Q3_K",  "Q4_K",   "Q5_K",  "Q6_K",  "Q8_K",
    "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S", "IQ2_S", "IQ4_XS",
    "I8",      "I16",    "I32",     "I64",   "F64",    "IQ1_M", "BF16",  "",
    "",        "",       "TQ1_0",   "TQ2_0", "",       "",      "",      "MXFP4"};

// Bytes of a number, 0 for texts and lists.
size_t bytes_of(GgufType type) {
  constexpr size_t bytes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
  return bytes[static_cast<size_t>(type)];
}

template <class T>
T read(const uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

int64_t integer_at(const uint8_t* from, GgufType type) {
  switch (type) {
    case GgufType::u8:
      return read<uint8_t>(from);
    case GgufType::i8:
      return read<int8_t>(from);
    case GgufType::u16:
      return read<uint16_t>(from);
    case GgufType::i16:
      return read<int16_t>(from);
    case GgufType::u32:
      return read<uint32_t>(from);
    case GgufType::i32:
      return read<int32_t>(from);
    default:  // u64 and i64; from 2^63 on negative
      return read<int64_t>(from);
  }
}

bool is_integer(GgufType type) {
  return type <= GgufType::i32 || type == GgufType::u64 || type == GgufType::i64;
}

std::string_view text_of(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// A name of the file itself, which has no other place yet than where it ends.
Result<> check_name(std::string_view name, size_t end, std::string_view what,
                    std::string_view place) {
  if (utf8_invalid_at(name) == std::string_view::npos) return {};
  return invalid(fmt::format("{}: byte {}: {} is invalid UTF-8", place, end, what));
}

// Reads on from the start of the file; whatever is taken lies in it.
class Cursor {
 public:
  Cursor(std::span<const uint8_t> bytes, std::string_view place) : bytes_(bytes), place_(place) {}

  size_t at() const { return at_; }
  size_t left() const { return bytes_.size() - at_; }
  std::span<const uint8_t> since(size_t begin) const { return bytes_.subspan(begin, at_ - begin); }

  Error error(std::string_view sentence) const {
    return invalid(fmt::format("{}: byte {}: {}", place_, at_, sentence));
  }

  Result<std::span<const uint8_t>> take(size_t count, std::string_view what) {
    if (count > left())
      return error(fmt::format("{} of {} bytes where the file has {} more", what, count, left()));
    at_ += count;
    return bytes_.subspan(at_ - count, count);
  }

  template <class T>
  Result<T> number(std::string_view what) {
    TRY(const auto bytes, take(sizeof(T), what));
    return read<T>(bytes.data());
  }

  Result<std::string_view> text(size_t most, std::string_view what) {
    TRY(const uint64_t length, number<uint64_t>(what));
    if (length > most)
      return error(fmt::format("{} of {} bytes, more than {}", what, length, most));
    TRY(const auto bytes, take(length, what));
    return text_of(bytes);
  }

  // What each of so many takes at least, so that a count that cannot be right ends here.
  Result<size_t> count(size_t most, size_t least_bytes, std::string_view what) {
    TRY(const uint64_t value, number<uint64_t>(what));
    if (value > most) return error(fmt::format("{} {}, more than {}", what, value, most));
    if (value > left() / least_bytes)
      return error(fmt::format("{} {} where the file has {} more bytes", what, value, left()));
    return static_cast<size_t>(value);
  }

 private:
  std::span<const uint8_t> bytes_;
  std::string_view place_;
  size_t at_ = 0;
};

Result<GgufType> read_type(Cursor& cursor) {
  TRY(const auto number, cursor.number<uint32_t>("type of a value"));
  if (number > static_cast<uint32_t>(GgufType::f64))
    return cursor.error(fmt::format("type of a value {}, not one of 0..12", number));
  return static_cast<GgufType>(number);
}

// Goes over a list's elements behind its type.
Result<> read_list(Cursor& cursor, GgufValue& value, size_t depth) {
  if (depth > depth_max)
    return cursor.error(fmt::format("lists are nested more than {} deep", depth_max));
  TRY(value.element, read_type(cursor));
  const size_t each = bytes_of(value.element);
  const size_t least = each > 0 ? each : value.element == GgufType::text ? 8 : 12;
  TRY(value.count, cursor.count(list_max, least, "length of a list"));
  const size_t begin = cursor.at();
  if (each > 0) {
    TRY(cursor.take(value.count * each, "a list"));
  } else {
    for (size_t i = 0; i < value.count; ++i) {
      if (value.element == GgufType::text) {
        TRY(cursor.text(text_bytes_max, "a text"));
      } else {
        GgufValue inner;
        TRY(read_list(cursor, inner, depth + 1));
      }
    }
  }
  value.bytes = cursor.since(begin);
  return {};
}

Result<GgufValue> read_value(Cursor& cursor) {
  GgufValue value;
  TRY(value.type, read_type(cursor));
  if (value.type == GgufType::text) {
    TRY(const std::string_view text, cursor.text(text_bytes_max, "a text"));
    value.bytes = cursor.since(cursor.at() - text.size());
  } else if (value.type == GgufType::list) {
    TRY(read_list(cursor, value, 1));
  } else {
    TRY(value.bytes, cursor.take(bytes_of(value.type), "a number"));
    if (value.type == GgufType::boolean && value.bytes[0] > 1)
      return cursor.error(fmt::format("a boolean of value {}", value.bytes[0]));
  }
  return value;
}

// A tensor's entry in the directory: its place in the data follows from those before it.
struct Entry {
  std::string name;
  Tensor tensor;
  uint64_t offset = 0;
};

Result<Entry> read_entry(Cursor& cursor, std::string_view place) {
  Entry entry;
  TRY(const std::string_view name, cursor.text(name_bytes_max, "name of a tensor"));
  TRY(check_name(name, cursor.at(), "name of a tensor", place));
  entry.name = name;
  Tensor& tensor = entry.tensor;
  tensor.place = fmt::format("{}: tensor \"{}\"", place, name);
  TRY(const auto dimensions, cursor.number<uint32_t>("dimensions of a tensor"));
  if (dimensions > dimensions_max)
    return invalid(
        fmt::format("{}: {} dimensions, more than {}", tensor.place, dimensions, dimensions_max));
  for (uint32_t i = 0; i < dimensions; ++i) {  // the file names columns first
    TRY(const auto size, cursor.number<uint64_t>("shape of a tensor"));
    tensor.shape.insert(tensor.shape.begin(), static_cast<size_t>(size));
  }
  TRY(const auto type, cursor.number<uint32_t>("type of a tensor"));
  if (type >= std::size(ggml_types) || ggml_types[type].empty())
    return invalid(fmt::format("{}: unknown type {}", tensor.place, type));
  tensor.dtype = ggml_types[type];
  TRY(entry.offset, cursor.number<uint64_t>("offset of a tensor"));
  return entry;
}

Result<size_t> read_alignment(const Gguf& file) {
  TRY(const auto alignment, file.size("general.alignment"));
  const uint64_t value = alignment.value_or(32);
  if (value == 0 || value > alignment_max || !std::has_single_bit(value))
    return invalid(fmt::format("{}: general.alignment is {}, not a power of two up to {}",
                               file.place(), value, alignment_max));
  return static_cast<size_t>(value);
}

// Tensors lie behind each other in the order of the directory, each from a multiple of the
// alignment on; behind the last one there may be filling or not.
Result<> place_tensors(std::span<Entry> entries, std::span<const uint8_t> data, size_t alignment,
                       const std::string& place) {
  size_t end = 0, next = 0;  // of the last tensor, and where the one behind it starts
  for (Entry& entry : entries) {
    Tensor& tensor = entry.tensor;
    const auto bytes = tensor_bytes(tensor.dtype, tensor.shape);
    if (!bytes.has_value())
      return invalid(fmt::format("{}: shape {} cannot be of type {}", tensor.place,
                                 shape_text(tensor.shape), tensor.dtype));
    if (entry.offset != next)
      return invalid(fmt::format("{}: starts at byte {} of the data where {} was expected",
                                 tensor.place, entry.offset, next));
    if (next > data.size() || *bytes > data.size() - next)
      return invalid(fmt::format("{}: {} bytes from byte {} on, but there are {} bytes of data",
                                 tensor.place, *bytes, next, data.size()));
    tensor.bytes = data.subspan(next, *bytes);
    end = next + *bytes;
    next = (end + alignment - 1) / alignment * alignment;
  }
  if (data.size() > std::max(end, next))
    return invalid(
        fmt::format("{}: {} bytes of data, but the tensors need {}", place, data.size(), end));
  return {};
}

Result<uint64_t> read_head(Cursor& cursor, std::string_view place) {
  const auto start = cursor.take(magic.size(), "a GGUF file");
  if (!start.ok() || text_of(*start) != magic)
    return invalid(fmt::format("{}: does not start with \"{}\", so no GGUF file", place, magic));
  TRY(const auto version, cursor.number<uint32_t>("version"));
  if (version == 0x0200'0000 || version == 0x0300'0000)
    return invalid(fmt::format("{}: big-endian; only little-endian files are read", place));
  if (version != 2 && version != 3)
    return invalid(fmt::format("{}: version {} of the format; 2 and 3 are read", place, version));
  // An entry takes name, count of dimensions, type and offset.
  return cursor.count(tensors_max, 8 + 4 + 4 + 8, "number of tensors");
}

}  // namespace

Result<Gguf> Gguf::open(const Path& path) { return open_mapped<Gguf>(path); }

Result<Gguf> Gguf::parse(std::span<const uint8_t> bytes, std::string_view place) {
  Cursor cursor(bytes, place);
  Gguf file;
  file.place_ = place;
  TRY(const size_t tensors, read_head(cursor, place));
  TRY(const size_t values, cursor.count(values_max, 8 + 4 + 1, "number of values"));
  for (size_t i = 0; i < values; ++i) {
    TRY(const std::string_view key, cursor.text(name_bytes_max, "a key"));
    TRY(check_name(key, cursor.at(), "a key", place));
    TRY(const GgufValue value, read_value(cursor));
    if (!file.metadata_.emplace(key, value).second)
      return cursor.error(fmt::format("a second value of \"{}\"", key));
  }
  std::vector<Entry> entries;
  for (size_t i = 0; i < tensors; ++i) {
    TRY(Entry entry, read_entry(cursor, place));
    entries.push_back(std::move(entry));
  }
  TRY(const size_t alignment, read_alignment(file));
  const size_t begin = (cursor.at() + alignment - 1) / alignment * alignment;
  TRY(place_tensors(entries, bytes.subspan(std::min(begin, bytes.size())), alignment, file.place_));
  for (Entry& entry : entries)
    if (!file.tensors_.emplace(entry.name, entry.tensor).second)
      return invalid(fmt::format("{} is there twice", entry.tensor.place));
  return file;
}

const GgufValue* Gguf::find(std::string_view key) const {
  const auto found = metadata_.find(key);
  return found == metadata_.end() ? nullptr : &found->second;
}

Error Gguf::wrong(std::string_view key, std::string_view expected) const {
  return invalid(fmt::format("{}: {} is not {}", place_, key, expected));
}

Result<std::optional<std::string_view>> Gguf::text(std::string_view key) const {
  const GgufValue* const value = find(key);
  if (value == nullptr) return std::optional<std::string_view>();
  if (value->type != GgufType::text) return wrong(key, "a text");
  TRY(check_utf8(text_of(value->bytes), fmt::format("{}: {}", place_, key)));
  return std::optional(text_of(value->bytes));
}

Result<std::optional<bool>> Gguf::flag(std::string_view key) const {
  const GgufValue* const value = find(key);
  if (value == nullptr) return std::optional<bool>();
  if (value->type != GgufType::boolean) return wrong(key, "true or false");
  return std::optional(value->bytes[0] != 0);
}

Result<std::optional<double>> Gguf::number(std::string_view key) const {
  const GgufValue* const value = find(key);
  if (value == nullptr) return std::optional<double>();
  double number = 0;
  if (value->type == GgufType::f32)
    number = double{read<float>(value->bytes.data())};
  else if (value->type == GgufType::f64)
    number = read<double>(value->bytes.data());
  else if (is_integer(value->type))
    number = static_cast<double>(integer_at(value->bytes.data(), value->type));
  else
    return wrong(key, "a number");
  if (!std::isfinite(number)) return wrong(key, "a finite number");
  return std::optional(number);
}

Result<std::optional<uint64_t>> Gguf::size(std::string_view key) const {
  const GgufValue* const value = find(key);
  if (value == nullptr) return std::optional<uint64_t>();
  if (!is_integer(value->type)) return wrong(key, "a whole number");
  const int64_t number = integer_at(value->bytes.data(), value->type);
  if (number < 0) return wrong(key, "a number from 0 to 2^63");
  return std::optional(static_cast<uint64_t>(number));
}

Result<std::optional<std::vector<std::string_view>>> Gguf::texts(std::string_view key) const {
  const GgufValue* const value = find(key);
  if (value == nullptr) return std::optional<std::vector<std::string_view>>();
  if (value->type != GgufType::list || value->element != GgufType::text)
    return wrong(key, "a list of texts");
  std::vector<std::string_view> texts;
  texts.reserve(value->count);
  const uint8_t* from = value->bytes.data();
  for (size_t i = 0; i < value->count; ++i) {
    const auto length = read<uint64_t>(from);
    texts.push_back(text_of({from + sizeof length, length}));
    if (utf8_invalid_at(texts.back()) != std::string_view::npos)
      return invalid(fmt::format("{}: {}[{}] is invalid UTF-8", place_, key, i));
    from += sizeof length + length;
  }
  return std::optional(std::move(texts));
}

Result<std::optional<std::vector<int64_t>>> Gguf::integers(std::string_view key) const {
  const GgufValue* const value = find(key);
  if (value == nullptr) return std::optional<std::vector<int64_t>>();
  if (value->type != GgufType::list || !is_integer(value->element))
    return wrong(key, "a list of whole numbers");
  std::vector<int64_t> numbers(value->count);
  const size_t each = bytes_of(value->element);
  for (size_t i = 0; i < numbers.size(); ++i)
    numbers[i] = integer_at(value->bytes.data() + i * each, value->element);
  return std::optional(std::move(numbers));
}

Tensors Gguf::renamed(Map map) && {
  tensors_ = std::move(map);
  return std::move(*this);
}

bool is_gguf(const Path& file) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored)) return false;
  const auto mapped = MappedFile::open(file);
  return mapped.ok() && text_of(mapped->bytes()).starts_with(magic);
}

}  // namespace penchant
