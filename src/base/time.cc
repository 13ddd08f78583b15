#include "base/time.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>

namespace penchant {

Seconds system_clock_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

namespace {

// Reads exactly `digits` decimal digits at `at`, or gives -1.
int read_digits(std::string_view text, size_t& at, size_t digits) {
  if (at + digits > text.size()) return -1;
  int number = 0;
  for (size_t i = 0; i < digits; ++i) {
    const char c = text[at + i];
    if (c < '0' || c > '9') return -1;
    number = number * 10 + (c - '0');
  }
  at += digits;
  return number;
}

bool read_char(std::string_view text, size_t& at, std::string_view allowed) {
  if (at >= text.size() || allowed.find(text[at]) == std::string_view::npos) return false;
  ++at;
  return true;
}

// Hours, minutes, seconds and zone behind the date; false when malformed.
bool read_clock(std::string_view text, size_t& at, double& seconds) {
  const int hour = read_digits(text, at, 2);
  if (hour < 0 || hour > 23 || !read_char(text, at, ":")) return false;
  const int minute = read_digits(text, at, 2);
  if (minute < 0 || minute > 59 || !read_char(text, at, ":")) return false;
  const int second = read_digits(text, at, 2);
  if (second < 0 || second > 60) return false;
  seconds = hour * 3600.0 + minute * 60.0 + second;
  if (read_char(text, at, ".")) {
    double unit = 0.1;
    const size_t start = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
      seconds += unit * (text[at++] - '0');
      unit /= 10;
    }
    if (at == start) return false;
  }
  if (read_char(text, at, "Zz")) return true;
  const size_t sign_at = at;
  if (!read_char(text, at, "+-")) return false;
  const int zone_hour = read_digits(text, at, 2);
  if (zone_hour < 0 || zone_hour > 23 || !read_char(text, at, ":")) return false;
  const int zone_minute = read_digits(text, at, 2);
  if (zone_minute < 0 || zone_minute > 59) return false;
  seconds -= (text[sign_at] == '-' ? -1 : 1) * (zone_hour * 3600.0 + zone_minute * 60.0);
  return true;
}

}  // namespace

Result<Seconds> parse_rfc3339(std::string_view text) {
  const auto bad = [&] {
    return invalid(fmt::format("\"{}\" is not an RFC 3339 time such as 2026-11-25T08:00:00Z",
                               text.substr(0, 64)));
  };
  size_t at = 0;
  const int year = read_digits(text, at, 4);
  if (year < 0 || !read_char(text, at, "-")) return bad();
  const int month = read_digits(text, at, 2);
  if (month < 0 || !read_char(text, at, "-")) return bad();
  const int day = read_digits(text, at, 2);
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (day < 0 || !date.ok()) return bad();
  const double days = std::chrono::sys_days(date).time_since_epoch().count();
  double clock = 0;
  if (at < text.size() && (!read_char(text, at, "Tt ") || !read_clock(text, at, clock)))
    return bad();
  if (at != text.size()) return bad();
  return days * day_seconds + clock;
}

std::string format_rfc3339(Seconds time) {
  const auto milliseconds = static_cast<int64_t>(std::llround(time * 1000));
  const auto floor_div = [](int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); };
  const int64_t days = floor_div(milliseconds, 86'400'000);
  const int64_t rest = milliseconds - days * 86'400'000;
  const std::chrono::year_month_day date{
      std::chrono::sys_days(std::chrono::days(static_cast<int>(days)))};
  const int64_t second = rest / 1000;
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  second / 3600, second / 60 % 60, second % 60);
  if (rest % 1000 != 0) text += fmt::format(".{:03}", rest % 1000);
  return text + "Z";
}

Result<Seconds> normalise_unix_time(double number) {
  constexpr double seconds_max = 1e11;  // the year 5138; in milliseconds, March 1973
  if (!std::isfinite(number) || std::abs(number) > seconds_max * 1000)
    return invalid(fmt::format("{} is not a Unix time in seconds or milliseconds", number));
  return std::abs(number) >= seconds_max ? number / 1000 : number;
}

}  // namespace penchant
