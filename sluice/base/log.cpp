#include "sluice/base/log.h"

#include <mutex>
#include <utility>

namespace sluice {

namespace {

std::mutex sink_mutex;

LogSink& current_sink() {
  static LogSink sink;
  return sink;
}

}  // namespace

LogSink set_log_sink(LogSink sink) {
  const std::lock_guard<std::mutex> lock(sink_mutex);
  return std::exchange(current_sink(), std::move(sink));
}

void log_message(LogLevel level, std::string_view text) {
  const std::lock_guard<std::mutex> lock(sink_mutex);
  if (current_sink()) current_sink()(level, text);
}

}  // namespace sluice
