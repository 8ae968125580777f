#include "base/log.h"

#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <ctime>
#include <mutex>

namespace weft {
namespace {

std::atomic<LogLevel> current_level{LogLevel::kInfo};

std::atomic<bool> never_wait{false};
std::atomic<uint64_t> dropped{0};

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

// A pipe that poll() calls writable takes this much without waiting (PIPE_BUF); files and terminals do anyway.
constexpr size_t kTakenAtOnce = 4096;

// Two threads must not both find the last free page of a pipe.
bool write_without_waiting(std::string_view line) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  pollfd target{STDERR_FILENO, POLLOUT, 0};
  if (poll(&target, 1, 0) != 1 || (target.revents & POLLOUT) == 0) return false;
  return ::write(STDERR_FILENO, line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

}  // namespace

void drop_log_lines_rather_than_wait() { never_wait = true; }

uint64_t log_lines_dropped() { return dropped.load(std::memory_order_relaxed); }

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
  if (never_wait.load(std::memory_order_relaxed)) {
    if (line.size() >= kTakenAtOnce) line.resize(kTakenAtOnce - 1);
    line += '\n';
    if (!write_without_waiting(line)) dropped.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  line += '\n';
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace weft
