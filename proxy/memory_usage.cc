#include "proxy/memory_usage.h"

#include <unistd.h>

#include <algorithm>

#include "base/file.h"
#include "base/text.h"

namespace weft::proxy {
namespace {

// What the two kinds of control groups call the same.
struct Naming {
  std::string_view line;  // in /proc/self/cgroup, before the path
  std::string_view folder;
  std::string_view limit;
  std::string_view used;
  std::string_view inactive_files;
  std::string_view active_files;
};
constexpr Naming kUnified{"0::", "/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file", "active_file"};
constexpr Naming kFirst{":memory:",
                        "/sys/fs/cgroup/memory",
                        "memory.limit_in_bytes",
                        "memory.usage_in_bytes",
                        "total_inactive_file",
                        "total_active_file"};
// The first kind writes "no limit" as a number of about this size.
constexpr uint64_t kNoLimit = uint64_t{1} << 60;

std::string_view first_word(std::string_view text) { return text.substr(0, text.find_first_of(" \n")); }

// Nothing: no limit ("max"), or no such file.
std::optional<uint64_t> read_number(const std::string& path) {
  const Result<std::string> text = read_file(path);
  uint64_t number = 0;
  if (!text.ok() || !parse_number(first_word(*text), number)) return std::nullopt;
  return number;
}

std::string group_path(const std::string& root, const Naming& naming) {
  const Result<std::string> text = read_file(root + "/proc/self/cgroup");
  if (!text.ok()) return "/";
  for (const std::string_view line : split(*text, '\n')) {
    const size_t at = line.find(naming.line);
    if (at != std::string_view::npos) return std::string(line.substr(at + naming.line.size()));
  }
  return "/";
}

bool alone_in(const std::string& folder) {
  const Result<std::string> processes = read_file(folder + "/cgroup.procs");
  return processes.ok() && std::count(processes->begin(), processes->end(), '\n') == 1;
}

std::optional<MemoryUsage::Group> read_group(const std::string& folder, const Naming& naming, uint64_t own) {
  const std::optional<uint64_t> limit = read_number(cat(folder, "/", naming.limit));
  const std::optional<uint64_t> used = read_number(cat(folder, "/", naming.used));
  if (!limit || !used || *limit == 0 || *limit >= kNoLimit) return std::nullopt;
  const Result<std::string> stat = read_file(folder + "/memory.stat");
  const uint64_t files =
      stat.ok() ? stat_value(*stat, naming.inactive_files) + stat_value(*stat, naming.active_files) : 0;
  const uint64_t bytes = *used - std::min(files, *used);
  if (alone_in(folder)) return MemoryUsage::Group{bytes, *limit};
  const uint64_t others = bytes - std::min(own, bytes);
  return MemoryUsage::Group{own, *limit > others ? *limit - others : 1};
}

double fullness(const MemoryUsage::Group& group) {
  return static_cast<double>(group.used) / static_cast<double>(group.limit);
}

// A limit further up holds for all below it. In a container the path may not be there, and its end is.
void read_groups(const std::string& root, const Naming& naming, MemoryUsage& usage) {
  for (std::string path = group_path(root, naming);;) {
    const std::optional<MemoryUsage::Group> group = read_group(cat(root, naming.folder, path), naming, usage.anonymous);
    if (group && (!usage.group || fullness(*group) > fullness(*usage.group))) usage.group = group;
    const size_t slash = path.rfind('/');
    if (path.size() <= 1 || slash == std::string::npos) return;
    path.resize(std::max<size_t>(slash, 1));
  }
}

}  // namespace

uint64_t anonymous_bytes(std::string_view statm, uint64_t page_size) {
  const std::vector<std::string_view> words = split(statm, ' ');
  uint64_t resident = 0;
  uint64_t shared = 0;
  if (words.size() < 3 || !parse_number(words[1], resident) || !parse_number(words[2], shared)) return 0;
  return (resident - std::min(shared, resident)) * page_size;
}

uint64_t stat_value(std::string_view text, std::string_view name) {
  for (const std::string_view line : split(text, '\n')) {
    uint64_t number = 0;
    if (line.starts_with(name) && line.size() > name.size() && line[name.size()] == ' ' &&
        parse_number(line.substr(name.size() + 1), number)) {
      return number;
    }
  }
  return 0;
}

MemoryUsage read_memory_usage(const std::string& root) {
  MemoryUsage usage;
  static const auto kPage = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  const Result<std::string> statm = read_file(root + "/proc/self/statm");
  if (statm.ok()) usage.anonymous = anonymous_bytes(*statm, kPage);
  read_groups(root, kUnified, usage);
  if (!usage.group) read_groups(root, kFirst, usage);
  return usage;
}

}  // namespace weft::proxy
