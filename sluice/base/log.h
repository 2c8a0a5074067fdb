// Messages of the library go to a sink that the program sets; without one they are dropped.
#pragma once

#include <functional>
#include <string_view>

namespace sluice {

enum class LogLevel { info, warning };
using LogSink = std::function<void(LogLevel, std::string_view)>;

/// Where messages go from now on; an empty sink drops them. Returns the sink it replaces.
LogSink set_log_sink(LogSink sink);
/// Hands one message (a sentence, no newline) to the sink; calls are serialised.
void log_message(LogLevel level, std::string_view text);

}  // namespace sluice
