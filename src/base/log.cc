#include "base/log.h"

#include <atomic>

namespace penchant {

namespace {
std::atomic<LogSink> log_sink{nullptr};
}

void set_log_sink(LogSink sink) { log_sink = sink; }

void log(LogLevel level, std::string_view message) {
  if (const LogSink sink = log_sink) sink(level, message);
}

}  // namespace penchant
