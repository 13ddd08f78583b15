// The reader against what llama.cpp's own package writes and reads (tests/golden/gguf_models.py),
// and against files that are wrong in one place.
#include "encoder/gguf.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/test_folder.h"
#include "encoder/gguf_bytes_test.h"
#include "encoder/safetensors.h"

namespace penchant {
namespace {

Path golden(const char* name) { return Path(PENCHANT_SOURCE) / "tests/data/gguf" / name; }

Result<Gguf> parse(const std::string& bytes) {
  return Gguf::parse({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, "file");
}

std::string refusal(const std::string& bytes) {
  const auto file = parse(bytes);
  return file.ok() ? "accepted" : file.error().message;
}

TEST(Gguf, GivesTheNumbersOfLlamaCppsPackageForEveryType) {
  const auto file = Gguf::open(golden("types.gguf"));
  ASSERT_TRUE(file.ok()) << file.error().message;
  const auto expected = Safetensors::open(golden("types.safetensors"));
  ASSERT_TRUE(expected.ok()) << expected.error().message;
  EXPECT_EQ(expected->tensors().size(), 11u);
  for (const auto& [name, tensor] : expected->tensors()) {
    const auto theirs = *expected->copy_floats(name, tensor.shape);
    const auto ours = file->copy_floats(name, tensor.shape);
    ASSERT_TRUE(ours.ok()) << ours.error().message;
    for (size_t i = 0; i < theirs.size(); ++i)
      ASSERT_NEAR((*ours)[i], theirs[i], 1e-6f * std::abs(theirs[i]) + 1e-7f) << name << " " << i;
  }
  const size_t row[] = {1, 256};
  const auto other = file->copy_floats("Q2_K", row);
  ASSERT_FALSE(other.ok());
  EXPECT_NE(other.error().message.find("tensor \"Q2_K\": quantised as Q2_K, of which"),
            std::string::npos)
      << other.error().message;
}

TEST(Gguf, ReadsAnyPartOfABlockedTensor) {
  const auto file = Gguf::open(golden("types.gguf"));
  ASSERT_TRUE(file.ok()) << file.error().message;
  for (const char* name : {"F16", "Q4_1", "Q6_K"}) {
    const Tensor& tensor = file->tensors().at(name);
    const size_t count = tensor.shape[0] * tensor.shape[1];
    const auto whole = *file->copy_floats(name, tensor.shape);
    for (size_t first = 0; first < count; first += 7)
      for (const size_t n : {size_t{0}, size_t{1}, size_t{33}, count - first}) {
        if (n > count - first) continue;
        std::vector<float> part(n);
        read_floats(tensor, first, n, part.data());
        ASSERT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + ptrdiff_t(first)))
            << name << " " << first << " " << n;
      }
  }
}

TEST(Gguf, ReadsValuesOfEveryKind) {
  const auto opened = Gguf::open(golden("types.gguf"));
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  const Gguf& file = *opened;
  EXPECT_EQ(**file.text("general.architecture"), "none");
  EXPECT_EQ(**file.text("a.string"), "caf\xC3\xA9");
  EXPECT_EQ(**file.size("a.uint8"), 255u);
  EXPECT_EQ(**file.size("a.uint16"), 65535u);
  EXPECT_EQ(**file.size("a.uint32"), 4294967295u);
  EXPECT_EQ(**file.number("a.int8"), -128);
  EXPECT_EQ(**file.number("a.int16"), -32768);
  EXPECT_EQ(**file.number("a.int32"), -2147483648.0);
  EXPECT_EQ(**file.number("a.int64"), -0x1p63);
  EXPECT_EQ(**file.number("a.float32"), 0.5);
  EXPECT_EQ(**file.number("a.float64"), -0.1);
  EXPECT_EQ(**file.flag("a.bool"), true);
  EXPECT_EQ(**file.texts("a.texts"), (std::vector<std::string_view>{"x", "", "\u4e2d"}));
  EXPECT_EQ(**file.integers("a.integers"), (std::vector<int64_t>{3, -4}));
  EXPECT_EQ(file.metadata().at("a.lists").count, 2u);
  EXPECT_FALSE(file.text("a.none")->has_value());

  const auto place = golden("types.gguf").string() + ": ";
  EXPECT_EQ(file.text("a.bool").error().message, place + "a.bool is not a text");
  EXPECT_EQ(file.flag("a.uint8").error().message, place + "a.uint8 is not true or false");
  EXPECT_EQ(file.number("a.string").error().message, place + "a.string is not a number");
  EXPECT_EQ(file.size("a.float32").error().message, place + "a.float32 is not a whole number");
  EXPECT_EQ(file.size("a.int8").error().message, place + "a.int8 is not a number from 0 to 2^63");
  EXPECT_EQ(file.size("a.uint64").error().message,
            place + "a.uint64 is not a number from 0 to 2^63");
  EXPECT_EQ(file.texts("a.integers").error().message, place + "a.integers is not a list of texts");
  EXPECT_EQ(file.integers("a.floats").error().message,
            place + "a.floats is not a list of whole numbers");
}

TEST(Gguf, RefusesEveryTruncation) {
  const std::string whole = *read_file(golden("types.gguf"), 1 << 20);
  ASSERT_EQ(refusal(whole), "accepted");
  const std::string small = GgufBytes()
                                .text("a", "b")
                                .texts("c", std::vector<std::string>{"d", "e"})
                                .tensor("x", {2}, 0, std::string(8, '\0'))
                                .file();
  ASSERT_EQ(refusal(small), "accepted");
  for (const std::string* file : {&whole, &small})
    for (size_t n = 0; n < file->size(); ++n) {
      const std::string message = refusal(file->substr(0, n));
      // Filling behind the last tensor may be missing.
      if (message == "accepted" && file->size() - n < 32 &&
          file->find_first_not_of('\0', n) == std::string::npos && file == &whole)
        continue;
      ASSERT_TRUE(message.starts_with("file: ")) << n << ": " << message;
    }
}

TEST(Gguf, RefusesWhatIsWrongWithItsPlaceAndValue) {
  const std::string two(8, '\0');
  const auto list = [](uint32_t element, uint64_t count, const std::string& rest) {
    return raw(element) + raw(count) + rest;
  };
  std::string deep = list(4, 0, "");
  for (int i = 0; i < 5; ++i) deep = list(9, 1, deep);
  const std::string odd = GgufBytes().tensor("x", {2}, 0, two).file();
  struct Case {
    std::string bytes, expected;
  };
  const Case cases[] = {
      {"", "file: does not start with \"GGUF\", so no GGUF file"},
      {"GGML" + std::string(60, '\0'), "file: does not start with"},
      {GgufBytes().file(1), "file: version 1 of the format; 2 and 3 are read"},
      {GgufBytes().file(4), "file: version 4 of the format"},
      {GgufBytes().file(0x03000000), "file: big-endian; only little-endian files are read"},
      {"GGUF" + raw<uint32_t>(3) + raw<uint64_t>(1) + raw<uint64_t>(0),
       "file: byte 16: number of tensors 1 where the file has 8 more bytes"},
      {"GGUF" + raw<uint32_t>(3) + raw<uint64_t>(1ull << 60),
       "number of tensors 1152921504606846976, "
       "more than 100000"},
      {"GGUF" + raw<uint32_t>(3) + raw<uint64_t>(0) + raw<uint64_t>(99'999) + two,
       "number of values 99999 where the file has 8 more bytes"},
      {GgufBytes().value("a", 13, two).file(), "type of a value 13, not one of 0..12"},
      {GgufBytes().value("a", 7, "\x02").file(), "a boolean of value 2"},
      {GgufBytes().value("a", 8, raw<uint64_t>(1ull << 40)).file(),
       "a text of 1099511627776 bytes, more than 16777216"},
      {GgufBytes().value("a", 8, raw<uint64_t>(1000)).file(),
       "a text of 1000 bytes where the file"},
      {GgufBytes().value("a", 9, list(0, 1ull << 63, "")).file(), "length of a list"},
      {GgufBytes().value("a", 9, list(10, 1'000'000, two)).file(),
       "length of a list 1000000 where"},
      {GgufBytes().value("a", 9, deep).file(), "lists are nested more than 4 deep"},
      {GgufBytes().u32("a", 1).u32("a", 2).file(), "a second value of \"a\""},
      {GgufBytes().u32("\xFF", 1).file(), "a key is invalid UTF-8"},
      {GgufBytes().u32("general.alignment", 24).file(),
       "file: general.alignment is 24, not a power of two up to 65536"},
      {GgufBytes().u32("general.alignment", 0).file(), "general.alignment is 0"},
      {GgufBytes().text("general.alignment", "x").file(),
       "general.alignment is not a whole number"},
      {GgufBytes().tensor("x", {1, 1, 1, 1, 1}, 0, two).file(), "tensor \"x\": 5 dimensions"},
      {GgufBytes().tensor("x", {2}, 4, two).file(), "tensor \"x\": unknown type 4"},
      {GgufBytes().tensor("x", {2}, 99, two).file(), "tensor \"x\": unknown type 99"},
      {GgufBytes().tensor("x", {33, 2}, 2, two).file(), "shape [2, 33] cannot be of type Q4_0"},
      {GgufBytes().tensor("x", {1ull << 32, 1ull << 32}, 0, two).file(), "cannot be of type F32"},
      {GgufBytes().tensor("x", {1ull << 63, 8}, 2, two).file(), "cannot be of type Q4_0"},
      {GgufBytes().tensor("x", {3}, 0, two).file(),
       "tensor \"x\": 12 bytes from byte 0 on, but there are 8 bytes of data"},
      {GgufBytes().tensor("x", {1}, 0, two).tensor("y", {2}, 0, two).file(), "accepted"},
      {GgufBytes().tensor("x", {9}, 0, two).tensor("y", {2}, 0, two).file(),
       "tensor \"y\": starts at byte 32 of the data where 64 was expected"},
      {GgufBytes().tensor("x", {2}, 0, two).tensor("x", {2}, 0, two).file(), "is there twice"},
      {GgufBytes().tensor("\xFF", {2}, 0, two).file(), "name of a tensor is invalid UTF-8"},
      {odd + std::string(24, '\0'), "accepted"},
      {odd + std::string(25, '\0'), "file: 33 bytes of data, but the tensors need 8"},
      {GgufBytes().tensor("x", {0}, 0, "").file(), "accepted"},
      {GgufBytes().file(2), "accepted"},
  };
  for (const Case& one : cases) {
    const std::string message = refusal(one.bytes);
    EXPECT_NE(message.find(one.expected), std::string::npos) << one.expected << ": " << message;
    EXPECT_TRUE(message == "accepted" || message.starts_with("file: ")) << message;
  }
}

TEST(Gguf, PutsRowsThatLieByTurnsBackInOrder) {
  std::string values;
  for (int i = 0; i < 16; ++i) values += raw(static_cast<float>(i));
  const std::string bytes = GgufBytes().tensor("x", {2, 8}, 0, values).file();
  auto file = parse(bytes);
  ASSERT_TRUE(file.ok()) << file.error().message;
  auto map = file->tensors();
  map.at("x").paired_rows = 4;
  const Tensors turned = std::move(*file).renamed(std::move(map));
  const size_t shape[] = {8, 2};
  EXPECT_EQ(*turned.copy_floats("x", shape),
            (std::vector<float>{0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15}));
  float part[3];
  read_floats(turned.tensors().at("x"), 3, 3, part);
  EXPECT_EQ(std::vector<float>(part, part + 3), (std::vector<float>{5, 2, 3}));
}

TEST(Gguf, RefusesValuesThatAreNotFinite) {
  const std::string block = raw<uint16_t>(0x7C00) + std::string(16, '\x11');  // an infinite scale
  const std::string bytes = GgufBytes().tensor("x", {32}, 2, block).file();
  const auto file = parse(bytes);
  ASSERT_TRUE(file.ok()) << file.error().message;
  const size_t shape[] = {32};
  EXPECT_EQ(file->copy_floats("x", shape).error().message, "file: tensor \"x\": value 0 is -inf");
}

TEST(Gguf, IsToldByItsFirstBytes) {
  EXPECT_TRUE(is_gguf(golden("types.gguf")));
  EXPECT_FALSE(is_gguf(golden("types.safetensors")));
  EXPECT_FALSE(is_gguf(golden("")));
  EXPECT_FALSE(is_gguf(golden("none")));
}

}  // namespace
}  // namespace penchant
