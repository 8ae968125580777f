#include "tests/conformance/isolate.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "base/document/json_writer.h"
#include "base/text.h"
#include "tests/conformance/golden_cases.h"

namespace weft::conformance {
namespace {

std::vector<CaseReport> all_failed(const CatalogEntry& entry, const std::string& why) {
  std::vector<CaseReport> out;
  for (const std::string& id : entry.cases) out.push_back({id, false, why});
  return out;
}

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

std::string encode_reports(const std::vector<CaseReport>& reports) {
  JsonWriter out(JsonWriter::Style::kCompact);
  out.begin_list();
  for (const CaseReport& one : reports) {
    out.begin_object();
    out.member("id", one.id);
    out.member("passed", one.passed);
    out.member("difference", one.difference);
    out.end_object();
  }
  out.end_list();
  return out.take();
}

std::vector<CaseReport> decode_reports(const Node& list) {
  std::vector<CaseReport> out;
  for (const Node& one : list.items)
    out.push_back({text(one, "id"), one.find("passed")->boolean, text(one, "difference")});
  return out;
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return cat("the driver of the suite was ended by signal ", WTERMSIG(status));
  return cat("the driver of the suite exited with code ", WEXITSTATUS(status), " before it was through");
}

using Clock = std::chrono::steady_clock;
constexpr std::chrono::minutes kLongest{5};

// A suite that is running.
struct Running {
  size_t entry = 0;
  pid_t pid = -1;
  int fd = -1;
  std::string read;
  Clock::time_point until = Clock::now() + kLongest;
};

// Without a pid when the system has no process left.
Running start(const Suite& suite, const CatalogEntry& entry, size_t index) {
  int ends[2] = {-1, -1};
  // Programs that the suite starts must not hold it open.
  if (::pipe2(ends, O_CLOEXEC) != 0) return {.entry = index};
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::close(ends[0]);
    write_all(ends[1], encode_reports(suite.run(entry.path)));
    ::_exit(0);
  }
  ::close(ends[1]);
  if (pid < 0) ::close(ends[0]);
  return {.entry = index, .pid = pid, .fd = ends[0]};
}

// True when it is through.
bool read_some(Running& running) {
  char buffer[65536];
  const ssize_t got = ::read(running.fd, buffer, sizeof buffer);
  if (got > 0) running.read.append(buffer, static_cast<size_t>(got));
  return got <= 0;
}

std::vector<CaseReport> finish(Running& running, const CatalogEntry& entry) {
  int status = 0;
  ::close(running.fd);
  ::waitpid(running.pid, &status, 0);
  const auto read = parse_json(running.read);
  if (!read.ok()) return all_failed(entry, how_it_ended(status));
  std::vector<CaseReport> reports = decode_reports(*read);
  for (const std::string& id : entry.cases) {
    const auto is_it = [&](const CaseReport& one) { return one.id == id; };
    if (std::none_of(reports.begin(), reports.end(), is_it)) reports.push_back({id, false, "the driver left it out"});
  }
  return reports;
}

}  // namespace

std::vector<std::vector<CaseReport>> run_all(const std::vector<CatalogEntry>& entries, int jobs, FindSuite find) {
  std::vector<std::vector<CaseReport>> out(entries.size());
  std::vector<Running> running;
  size_t next = 0;
  while (next < entries.size() || !running.empty()) {
    if (next < entries.size() && running.size() < static_cast<size_t>(jobs)) {
      const Suite* suite = find(entries[next].suite);
      if (suite == nullptr) {
        out[next] = all_failed(entries[next], "no driver yet");
      } else {
        Running started = start(*suite, entries[next], next);
        if (started.pid > 0) {
          running.push_back(std::move(started));
        } else {
          out[next] = all_failed(entries[next], "no process could be started");
        }
      }
      ++next;
      continue;
    }
    std::vector<pollfd> waiting;
    for (const Running& one : running) waiting.push_back({one.fd, POLLIN, 0});
    ::poll(waiting.data(), waiting.size(), 1000);
    for (size_t i = running.size(); i-- > 0;) {
      // Its end is then read like any other.
      if (Clock::now() > running[i].until) ::kill(running[i].pid, SIGKILL);
      if (waiting[i].revents == 0 || !read_some(running[i])) continue;
      out[running[i].entry] = finish(running[i], entries[running[i].entry]);
      running.erase(running.begin() + static_cast<ptrdiff_t>(i));
    }
  }
  return out;
}

}  // namespace weft::conformance
