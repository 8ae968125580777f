#include "proxy/privileges.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/log.h"
#include "base/text.h"
#include "proxy/system_call_filter.h"

namespace weft::proxy {
namespace {

constexpr uint64_t kLowPorts = uint64_t{1} << CAP_NET_BIND_SERVICE;

struct Capabilities {
  uint64_t effective = 0;
  uint64_t permitted = 0;
};

Capabilities capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets{};
  if (syscall(SYS_capget, &header, sets.data()) != 0) return {};
  return {sets[0].effective | uint64_t{sets[1].effective} << 32, sets[0].permitted | uint64_t{sets[1].permitted} << 32};
}

// Leaves what is held of `kept`, inherits nothing on, and gives up the right to get any back.
Status keep_only(uint64_t kept) {
  for (int number = 0; prctl(PR_CAPBSET_READ, number) >= 0; ++number) {
    // Not allowed without CAP_SETPCAP; no_new_privs does the same.
    if ((kept >> number & 1) == 0) prctl(PR_CAPBSET_DROP, number);
  }
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  const uint64_t left = capabilities().permitted & kept;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const std::array<__user_cap_data_struct, 2> sets{
      __user_cap_data_struct{static_cast<uint32_t>(left), static_cast<uint32_t>(left), 0},
      __user_cap_data_struct{static_cast<uint32_t>(left >> 32), static_cast<uint32_t>(left >> 32), 0}};
  if (syscall(SYS_capset, &header, sets.data()) != 0) return errno_status("drop capabilities", errno);
  return ok();
}

}  // namespace

Status drop_privileges() {
  umask(077);
  if (Status status = keep_only(kLowPorts); !status.ok()) return status;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno_status("set no_new_privs", errno);
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return errno_status("forbid core dumps", errno);
  return ok();
}

Status seal_privileges(bool low_ports) {
  if (!low_ports) {
    if (Status status = keep_only(0); !status.ok()) return status;
  }
  const Status filtered = install_filter(system_call_filter());
  log_info("privileges dropped", {{"capabilities", effective_capabilities() == 0 ? "none" : "CAP_NET_BIND_SERVICE"},
                                  {"no_new_privs", true},
                                  {"system_calls", filtered.ok() ? "filtered" : "not filtered"}});
  if (!filtered.ok()) log_warning("system calls are not filtered", {{"reason", reason(filtered)}});
  return ok();
}

uint64_t effective_capabilities() { return capabilities().effective; }

}  // namespace weft::proxy
