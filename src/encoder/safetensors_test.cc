#include "encoder/safetensors.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "base/test_folder.h"
#include "encoder/golden_test.h"

namespace penchant {
namespace {

std::string file_of(std::string_view header, std::string_view data) {
  const uint64_t length = header.size();
  std::string bytes(reinterpret_cast<const char*>(&length), 8);
  return bytes.append(header).append(data);
}

Result<Safetensors> parse(const std::string& bytes) {
  return Safetensors::parse({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, "file");
}

std::string refusal(const std::string& bytes) {
  const auto result = parse(bytes);
  return result.ok() ? "accepted" : result.error().message;
}

template <class T>
std::string bytes_of(std::initializer_list<T> values) {
  return {reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(T)};
}

TEST(Safetensors, ReadsTheThreeKindsOfFloat) {
  const std::string bytes =
      file_of(R"({"__metadata__":{"a":"b"},"x":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},)"
              R"("h":{"dtype":"F16","shape":[6],"data_offsets":[8,20]},)"
              R"("b":{"dtype":"BF16","shape":[2],"data_offsets":[20,24]},)"
              R"("i":{"dtype":"I64","shape":[0],"data_offsets":[24,24]}})",
              bytes_of({1.5f, -2.0f}) +
                  bytes_of<uint16_t>({0x3C00, 0xC000, 0x0001, 0x83FF, 0x7BFF, 0x0000}) +
                  bytes_of<uint16_t>({0x3F80, 0xC040}));
  const auto file = parse(bytes);
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_EQ(file->tensors().size(), 4u);
  const size_t two_one[] = {2, 1}, six[] = {6}, two[] = {2};
  EXPECT_EQ(*file->copy_floats("x", two_one), (std::vector<float>{1.5f, -2.0f}));
  EXPECT_EQ(*file->copy_floats("h", six),
            (std::vector<float>{1, -2, 0x1p-24f, -1023 * 0x1p-24f, 65504, 0}));
  EXPECT_EQ(*file->copy_floats("b", two), (std::vector<float>{1, -3}));
}

TEST(Safetensors, RefusesAHeaderThatDoesNotFitTheFile) {
  const auto with = [](std::string_view entry, size_t bytes) {
    return refusal(file_of(R"({"x":)" + std::string(entry) + "}", std::string(bytes, '\0')));
  };
  struct Case {
    const char* entry;
    size_t bytes;
    const char* expected;
  };
  const Case cases[] = {
      {R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})", 8, "accepted"},
      {R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})", 7, "do not lie in the 7 bytes"},
      {R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})", 9, "the tensors need 8"},
      {R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})", 8, "does not fill 8 bytes"},
      {R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})", 8, "do not lie"},
      {R"({"dtype":"F32","shape":[2],"data_offsets":[0]})", 8, "do not lie"},
      {R"({"dtype":"F32","shape":[1],"data_offsets":[4,8]})", 8, "where 0 was expected"},
      {R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})", 8, "not a size"},
      {R"({"dtype":"F32","shape":[1.5],"data_offsets":[0,8]})", 8, "not a size"},
      {R"({"dtype":"F32","shape":2,"data_offsets":[0,8]})", 8, "shape is not a list"},
      {R"({"dtype":"F32","shape":[2]})", 8, "data_offsets is not a list"},
      {R"({"dtype":"F31","shape":[2],"data_offsets":[0,8]})", 8, "unknown dtype \"F31\""},
      {R"({"dtype":4,"shape":[2],"data_offsets":[0,8]})", 8, "dtype is not a string"},
      {R"({"dtype":"F32","shape":[1,1,1,1,1,1,1,1,2],"data_offsets":[0,8]})", 8, "more than 8"},
      {R"({"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]})", 0,
       "does not fill 0 bytes"},
      {R"({"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,8]})", 8, "fill"},
      {R"([])", 8, "not an object"},
  };
  for (const Case& one : cases) {
    const std::string message = with(one.entry, one.bytes);
    EXPECT_NE(message.find(one.expected), std::string::npos) << one.entry << ": " << message;
    if (message == "accepted") continue;
    EXPECT_TRUE(message.starts_with("file: ")) << message;
  }
}

TEST(Safetensors, RefusesTensorsThatShareBytes) {
  EXPECT_NE(refusal(file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                            R"("b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
                            std::string(12, '\0')))
                .find("tensor \"b\": starts at byte 4"),
            std::string::npos);
}

TEST(Safetensors, RefusesHugeClaims) {
  std::string bytes(8, '\xFF');
  EXPECT_NE(refusal(bytes).find("header of 18446744073709551615 bytes"), std::string::npos);
  bytes.replace(0, 8, std::string("\x00\x00\x00\x01\x00\x00\x00\x00", 8));
  EXPECT_NE(refusal(bytes).find("in a file of 8"), std::string::npos);
  EXPECT_NE(refusal("").find("0 bytes, too short"), std::string::npos);
}

TEST(Safetensors, RefusesEveryTruncation) {
  const std::string whole = *read_file(golden_folder("tiny-half") / "model.safetensors", 1 << 20);
  ASSERT_EQ(refusal(whole), "accepted");
  for (size_t n = 0; n < whole.size(); n += n < 9000 ? 1 : 97)
    ASSERT_NE(refusal(whole.substr(0, n)), "accepted") << n;
  EXPECT_NE(refusal(whole.substr(0, whole.size() - 1)), "accepted");
}

TEST(Safetensors, RefusesWrongTensorsByName) {
  const std::string bytes = file_of(
      R"({"x":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},)"
      R"("i":{"dtype":"I32","shape":[1],"data_offsets":[12,16]},)"
      R"("h":{"dtype":"F16","shape":[2],"data_offsets":[16,20]}})",
      bytes_of({1.0f, NAN, 2.0f}) + bytes_of<int32_t>({7}) + bytes_of<uint16_t>({0x3C00, 0x7C00}));
  const auto file = parse(bytes);
  ASSERT_TRUE(file.ok()) << file.error().message;
  const auto message = [&](const char* name, std::vector<size_t> shape) {
    return file->copy_floats(name, shape).error().message;
  };
  EXPECT_EQ(message("y", {3}), "file: no tensor \"y\"");
  EXPECT_EQ(message("x", {1, 3}), "file: tensor \"x\": shape [3], expected [1, 3]");
  EXPECT_EQ(message("x", {3}), "file: tensor \"x\": value 1 is nan");
  EXPECT_EQ(message("h", {2}), "file: tensor \"h\": value 1 is inf");
  EXPECT_EQ(message("i", {1}), "file: tensor \"i\": dtype I32, expected F32, F16, BF16 or F64");
}

TEST(Safetensors, SaysThatAFolderIsNotAFile) {
  const TestFolder folder;
  EXPECT_FALSE(Safetensors::open(folder.path()).ok());
  EXPECT_EQ(Safetensors::open(folder.path() / "none").error().code, Code::not_found);
}

}  // namespace
}  // namespace penchant
