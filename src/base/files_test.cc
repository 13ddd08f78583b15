#include "base/files.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <vector>

#include "base/limits.h"
#include "base/test_folder.h"

namespace penchant {
namespace {

std::vector<std::string> lines_of(const Path& path, std::vector<std::string>* errors = nullptr) {
  auto reader = LineReader::open(path);
  std::vector<std::string> lines;
  std::string_view line;
  while (true) {
    const auto more = reader->next(line);
    if (!more.ok()) {
      if (errors != nullptr) errors->push_back(more.error().message);
      if (more.error().code != Code::too_large) return lines;
    } else if (*more) {
      lines.emplace_back(line);
    } else {
      return lines;
    }
  }
}

TEST(Files, WritesWholeOrNotAtAll) {
  const TestFolder folder;
  const Path path = folder.path() / "a";
  ASSERT_TRUE(write_file(path, "one").ok());
  ASSERT_TRUE(write_file(path, "two").ok());
  EXPECT_EQ(*read_file(path, 10), "two");
  EXPECT_EQ(read_file(path, 2).error().code, Code::too_large);
  EXPECT_EQ(read_file(folder.path() / "b", 2).error().code, Code::not_found);
  EXPECT_EQ(read_file(folder.path(), 2).error().code, Code::invalid);
}

TEST(LineReader, ReadsPlainAndGzipAlikeAndDropsBomAndCr) {
  const TestFolder folder;
  const std::string text = "\xEF\xBB\xBFone\r\ntwo\n\nfour";
  ASSERT_TRUE(write_file(folder.path() / "plain", text).ok());
  gzFile gz = gzopen((folder.path() / "gz").c_str(), "wb");
  gzwrite(gz, text.data(), static_cast<unsigned>(text.size()));
  gzclose(gz);
  const std::vector<std::string> wanted = {"one", "two", "", "four"};
  EXPECT_EQ(lines_of(folder.path() / "plain"), wanted);
  EXPECT_EQ(lines_of(folder.path() / "gz"), wanted);
}

TEST(LineReader, SkipsALineBeyondTheLimitAndGoesOn) {
  const TestFolder folder;
  const Path path = folder.path() / "long";
  ASSERT_TRUE(write_file(path, "a\n" + std::string(limits::line_bytes + 1, 'x') + "\nb\n").ok());
  std::vector<std::string> errors;
  EXPECT_EQ(lines_of(path, &errors), (std::vector<std::string>{"a", "b"}));
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_NE(errors[0].find("long:2: line of"), std::string::npos) << errors[0];
}

TEST(LineReader, SaysWhereATruncatedGzipEnds) {
  const TestFolder folder;
  const Path path = folder.path() / "gz";
  gzFile gz = gzopen(path.c_str(), "wb");
  for (int i = 0; i < 10'000; ++i) gzprintf(gz, "line %d\n", i * 7919);
  gzclose(gz);
  const std::string whole = *read_file(path, 1 << 20);
  ASSERT_TRUE(write_file(path, whole.substr(0, whole.size() / 2)).ok());
  std::vector<std::string> errors;
  EXPECT_LT(lines_of(path, &errors).size(), 10'000u);
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_NE(errors[0].find("cannot read behind line"), std::string::npos) << errors[0];
}

TEST(FileLock, IsExclusive) {
  const TestFolder folder;
  auto first = FileLock::acquire(folder.path() / "lock", "data folder x");
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(FileLock::acquire(folder.path() / "lock", "data folder x").error().message,
            "data folder x is in use by another process");
}

}  // namespace
}  // namespace penchant
