#include "base/time.h"

#include <gtest/gtest.h>

namespace penchant {
namespace {

TEST(Time, ReadsWhatItWrites) {
  for (const double time : {0.0, 1.0, -1.0, 951'782'400.0, 1'700'000'000.25, 4'102'444'800.0})
    EXPECT_EQ(*parse_rfc3339(format_rfc3339(time)), time) << format_rfc3339(time);
}

TEST(Time, UnderstandsOffsetsFractionsAndDates) {
  EXPECT_EQ(*parse_rfc3339("1970-01-01T08:00:00+08:00"), 0);
  EXPECT_EQ(*parse_rfc3339("1970-01-02"), day_seconds);
  EXPECT_DOUBLE_EQ(*parse_rfc3339("1970-01-01T00:00:01.5Z"), 1.5);
}

TEST(Time, RefusesWhatIsNoTime) {
  for (const char* text : {"", "yesterday", "2026-02-30", "2026-01-01T25:00:00Z",
                           "2026-01-01T00:00", "2026-01-01T00:00:00", "2026-01-01x"})
    EXPECT_FALSE(parse_rfc3339(text).ok()) << text;
}

TEST(Time, TakesMillisecondsForWhatTheyAre) {
  EXPECT_EQ(*normalise_unix_time(1'700'000'000), 1'700'000'000);
  EXPECT_EQ(*normalise_unix_time(1'700'000'000'250), 1'700'000'000.25);
  EXPECT_FALSE(normalise_unix_time(1e300).ok());
}

}  // namespace
}  // namespace penchant
