// One line of structured text per event on standard error: time, level, message, key=value fields. Values that hold
// spaces or quotes are quoted. Secrets are never passed here. Thread-safe (one write call a line). A level that is off
// costs one load.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace weft {

enum class LogLevel { kDebug, kInfo, kWarning, kError, kOff };

// "debug", "info", "warn", "warning", "error", "off"; anything else leaves the level and returns false.
bool set_log_level(std::string_view name);
// For programs that must not wait for the reader of their log: a line that nobody takes at once is dropped and counted.
void drop_log_lines_rather_than_wait();
uint64_t log_lines_dropped();
LogLevel log_level();

struct LogField {
  std::string_view key;
  std::string value;
  template <typename T>
  LogField(std::string_view k, const T& v) : key(k), value(cat(v)) {}
};

void log_line(LogLevel level, std::string_view message, std::initializer_list<LogField> fields);

inline void log_debug(std::string_view message, std::initializer_list<LogField> fields = {}) {
  if (log_level() <= LogLevel::kDebug) log_line(LogLevel::kDebug, message, fields);
}
inline void log_info(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log_line(LogLevel::kInfo, message, fields);
}
inline void log_warning(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log_line(LogLevel::kWarning, message, fields);
}
inline void log_error(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log_line(LogLevel::kError, message, fields);
}

}  // namespace weft
