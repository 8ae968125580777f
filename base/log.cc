#include "base/log.h"

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <ctime>

namespace weft {
namespace {

std::atomic<LogLevel> current_level{LogLevel::kInfo};

constexpr std::string_view kNames[] = {"debug", "info", "warning", "error"};

void append_value(std::string& line, std::string_view value) {
  const bool plain = !value.empty() && value.find_first_of(" \"=\\\n\r\t") == std::string_view::npos;
  if (plain) {
    line += value;
    return;
  }
  line += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') line += '\\';
    line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  line += '"';
}

}  // namespace

bool set_log_level(std::string_view name) {
  if (name == "trace") name = "debug";
  if (name == "warn") name = "warning";
  if (name == "critical") name = "error";
  if (name == "off") {
    current_level = LogLevel::kOff;
    return true;
  }
  for (size_t i = 0; i < std::size(kNames); ++i) {
    if (kNames[i] != name) continue;
    current_level = static_cast<LogLevel>(i);
    return true;
  }
  return false;
}

LogLevel log_level() { return current_level.load(std::memory_order_relaxed); }

void log_line(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (level < log_level() || level == LogLevel::kOff) return;
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  tm parts{};
  gmtime_r(&now.tv_sec, &parts);
  char stamp[40];
  const size_t length = strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &parts);
  snprintf(stamp + length, sizeof stamp - length, ".%03ldZ", now.tv_nsec / 1'000'000);
  std::string line = cat(stamp, " ", kNames[static_cast<size_t>(level)], " ");
  line += message;
  for (const LogField& field : fields) {
    append(line, " ", field.key, "=");
    append_value(line, field.value);
  }
  line += '\n';
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace weft
