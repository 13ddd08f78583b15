#include "app/line_batches.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "base/limits.h"

namespace penchant {
namespace {

struct Lines {
  std::vector<std::string> lines, errors;
  std::vector<size_t> batches;
};

// Feeds `pieces` through a pipe, each in a write of its own, and collects what comes out.
Lines read_lines(const std::vector<std::string>& pieces, size_t batch_bytes) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  std::thread writer([&] {
    for (const std::string& piece : pieces) {
      for (size_t done = 0; done < piece.size();) {
        const ssize_t n = ::write(ends[1], piece.data() + done, piece.size() - done);
        if (n <= 0) break;
        done += static_cast<size_t>(n);
      }
    }
    ::close(ends[1]);
  });
  Lines out;
  LineBatches batches(ends[0], batch_bytes);
  LineBatch batch;
  uint64_t number = 1;
  while (true) {
    const auto more = batches.next(batch);
    EXPECT_TRUE(more.ok());
    if (!more.ok() || !*more) break;
    EXPECT_EQ(batch.first_number, number);
    number += batch.lines.size();
    out.lines.insert(out.lines.end(), batch.lines.begin(), batch.lines.end());
    out.errors.insert(out.errors.end(), batch.errors.begin(), batch.errors.end());
    out.batches.push_back(batch.lines.size());
  }
  writer.join();
  ::close(ends[0]);
  return out;
}

TEST(LineBatches, GiveEveryLineInOrderWhateverThePieces) {
  std::string text;
  std::vector<std::string> expected;
  for (int i = 0; i < 5000; ++i) {
    expected.push_back(std::string(static_cast<size_t>(i * 7919 % 301), 'a' + char(i % 26)));
    text += expected.back() + "\n";
  }
  for (const size_t piece : {1UL << 20, 70'001UL, 977UL}) {
    std::vector<std::string> pieces;
    for (size_t at = 0; at < text.size(); at += piece) pieces.push_back(text.substr(at, piece));
    EXPECT_EQ(read_lines(pieces, 50'000).lines, expected);
  }
}

TEST(LineBatches, KeepEmptyLinesAndALastLineWithoutEnd) {
  EXPECT_EQ(read_lines({"a\n\n\r\nb"}, 100).lines, (std::vector<std::string>{"a", "", "\r", "b"}));
  EXPECT_EQ(read_lines({"a\n"}, 100).lines, (std::vector<std::string>{"a"}));
  EXPECT_TRUE(read_lines({}, 100).lines.empty());
}

TEST(LineBatches, ReportBadLinesAndGoOn) {
  const std::string longest(limits::text_bytes, 'x');
  const auto out = read_lines({"ok\n", "bad \xFF\n", longest + "\n", longest + "y\n", "end"}, 1000);
  ASSERT_EQ(out.lines.size(), 5U);
  EXPECT_EQ(out.errors[1], "stdin:2: invalid UTF-8 at byte 4 (0xff)");
  EXPECT_EQ(out.lines[2], longest);
  EXPECT_EQ(out.errors[3], "stdin:4: a line of 1048577 bytes, the limit is 1048576");
  EXPECT_EQ(out.lines[3], "");
  EXPECT_EQ(out.lines[4], "end");
  EXPECT_EQ(read_lines({longest + longest + longest}, 10).errors[0],
            "stdin:1: a line of 3145728 bytes, the limit is 1048576");
}

}  // namespace
}  // namespace penchant
