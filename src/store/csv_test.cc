#include "store/csv.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace penchant {
namespace {

using Strings = std::vector<std::string>;

// Fields of one record, lines separated by '\n'; the error's message as the only field.
Strings read(std::string_view text, char separator = ',') {
  CsvRecord record(separator);
  size_t at = 0;
  while (true) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const auto whole = record.feed(text.substr(at, end - at));
    if (!whole.ok()) return {whole.error().message};
    if (*whole) return record.fields();
    if (end == text.size()) return {"unfinished"};
    at = end + 1;
  }
}

TEST(Csv, SplitsFields) {
  EXPECT_EQ(read("a,b,c"), (Strings{"a", "b", "c"}));
  EXPECT_EQ(read(""), Strings{""});
  EXPECT_EQ(read(",a,"), (Strings{"", "a", ""}));
  EXPECT_EQ(read("a;b", ';'), (Strings{"a", "b"}));
}

TEST(Csv, UnderstandsQuotes) {
  EXPECT_EQ(read("\"a,b\",c"), (Strings{"a,b", "c"}));
  EXPECT_EQ(read("\"say \"\"hi\"\"\""), Strings{"say \"hi\""});
  EXPECT_EQ(read("\"\",\"\""), (Strings{"", ""}));
  EXPECT_EQ(read("\"two\nlines\",x"), (Strings{"two\nlines", "x"}));
  EXPECT_EQ(read("\"\n\n\""), Strings{"\n\n"});
  EXPECT_EQ(read("5\" pipe,a\"b"), (Strings{"5\" pipe", "a\"b"}));
}

TEST(Csv, RefusesWhatIsNotCsv) {
  EXPECT_EQ(read("\"a\"b"), Strings{"text after the closing quote of field 1"});
  EXPECT_EQ(read("x,\"a\" ,c"), Strings{"text after the closing quote of field 2"});
  EXPECT_EQ(read("\"a"), Strings{"unfinished"});
  EXPECT_EQ(read(std::string(limits::list_values + 1, ',')), Strings{"more than 1000 fields"});
  std::string open = "\"";
  for (size_t i = 0; i < limits::line_bytes / 1000; ++i) open += std::string(1000, 'x') + "\n";
  EXPECT_EQ(read(open), Strings{"a quoted field is not closed within 4194304 bytes"});
}

TEST(Csv, GoesOnWithANewRecordAfterAnError) {
  CsvRecord record(',');
  EXPECT_FALSE(record.feed("a,\"b\"c").ok());
  EXPECT_TRUE(*record.feed("d,e"));
  EXPECT_EQ(record.fields(), (Strings{"d", "e"}));
}

TEST(Csv, TellsTheSeparator) {
  EXPECT_EQ(csv_separator("a,b;c,d"), ',');
  EXPECT_EQ(csv_separator("a;\"b,c,d,e\";f"), ';');
  EXPECT_EQ(csv_separator("a\tb\tc"), '\t');
  EXPECT_EQ(csv_separator("one"), ',');
}

}  // namespace
}  // namespace penchant
