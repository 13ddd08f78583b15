// Time as Unix seconds (double; milliseconds survive), UTC. Time is an argument everywhere: only
// app/ reads the system clock and passes it on, so that the same input gives the same answer.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace penchant {

using Seconds = double;
using Clock = Seconds (*)();

inline constexpr Seconds day_seconds = 86'400;

Seconds system_clock_now();

// "2026-11-25T08:00:00Z", fractions and offsets allowed, a date alone is midnight UTC.
Result<Seconds> parse_rfc3339(std::string_view text);
std::string format_rfc3339(Seconds time);  // "2026-11-25T08:00:00Z", ".250" added when not whole

// Unix time that may be in milliseconds: beyond the year 5138 in seconds means milliseconds.
Result<Seconds> normalise_unix_time(double number);

}  // namespace penchant
