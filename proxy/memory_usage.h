// What this process uses of memory, and what its control group does and may: read from /proc and /sys, which takes some
// tens of microseconds. Pure but for the reading; control thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weft::proxy {

struct MemoryUsage {
  uint64_t anonymous = 0;  // of this process (RssAnon)
  // Of the control group nearest to its limit; nothing: none has a limit. Where this process is alone in it, all of
  // its use counts (buffers of sockets too), but for pages of files, which the kernel can drop. Where others use it
  // too, it is this process's own use, of what they leave.
  struct Group {
    uint64_t used = 0;
    uint64_t limit = 0;
  };
  std::optional<Group> group;
};

// `root`: "" but in tests, where it holds proc/ and sys/.
MemoryUsage read_memory_usage(const std::string& root = "");

// "size resident shared ..." in pages; 0 when it cannot be read.
uint64_t anonymous_bytes(std::string_view statm, uint64_t page_size);
// The number after "name " at the beginning of a line; 0: it is not there.
uint64_t stat_value(std::string_view text, std::string_view name);

}  // namespace weft::proxy
