// Talk from the library: a message goes to the sink that app/ installs (stderr there); without a
// sink it is dropped. The library never prints. Thread-safety: safe; set_log_sink before other
// threads run.
#pragma once

#include <string_view>

namespace penchant {

enum class LogLevel { info, warning, error };
using LogSink = void (*)(LogLevel, std::string_view message);

void set_log_sink(LogSink sink);
void log(LogLevel level, std::string_view message);

}  // namespace penchant
