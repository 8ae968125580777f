// Cases 58 to 60 of the fault catalogue with real processes: memory, disk, names. What one process can play is in
// tests/http/c4_overload_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "base/text.h"
#include "proxy/runtime/test_sockets.h"
#include "tests/support/mesh.h"

namespace weft::test {
namespace {

using proxy::test::dial;
using proxy::test::Socket;
using testing::HasSubstr;

class ExhaustionTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(mesh_.start_control_plane()) << mesh_.control_plane().output(); }

  // Through its control plane; -1: it is not there.
  double metric(const std::string& proxy, const std::string& name) {
    const auto answer = http_get(mesh_.api_port(), cat("/meshes/default/dataplanes/", proxy, "/stats"));
    const std::string text = answer ? answer->body : "";
    for (const std::string_view line : split(text, '\n')) {
      if (!line.starts_with(cat(name, ": "))) continue;
      double value = -1;
      const std::string_view number = line.substr(name.size() + 2);
      std::from_chars(number.data(), number.data() + number.size(), value);
      return value;
    }
    return -1;
  }
  bool start_web(const std::vector<std::string>& arguments) {
    return mesh_.start_proxy("web-1", {.dataplane = mesh_.web_document(), .token = token_, .arguments = arguments});
  }
  int status_of_get(uint16_t port) { return http_get(port, "/").value_or(HttpAnswer{}).status; }

  Mesh mesh_;
  std::string token_;
};

// Of /proc/PID/status, in bytes.
uint64_t own_memory(pid_t process) {
  const std::string text = read_file(cat("/proc/", process, "/status")).value_or("");
  const size_t at = text.find("RssAnon:");
  uint64_t kilobytes = 0;
  if (at == std::string::npos || sscanf(text.c_str() + at, "RssAnon: %lu", &kilobytes) != 1) return 0;
  return kilobytes * 1024;
}

// Heads that never end, each as large as a head may be: every one of them holds a whole buffer.
std::vector<Socket> hold_buffers(uint16_t port, int connections) {
  const std::string head = cat("GET / HTTP/1.1\r\nHost: a\r\nx: ", std::string(55'000, 'x'));
  std::vector<Socket> held;
  for (int i = 0; i < connections; ++i) {
    Socket socket = dial(port);
    // Some are cut meanwhile, or wait in the queue.
    if (socket.get() >= 0 && send(socket.get(), head.data(), head.size(), MSG_NOSIGNAL | MSG_DONTWAIT) > 0) {
      held.push_back(std::move(socket));
    }
  }
  return held;
}

constexpr uint64_t kMi = 1024 * 1024;

TEST_F(ExhaustionTest, C4_58_AFloodOfUnfinishedHeadsIsSurvivedWithinTheMemoryLimit) {
  const uint16_t web = mesh_.start_web_and_backend();
  ASSERT_NE(web, 0);
  token_ = mesh_.token("web-1", "web");
  Process& unlimited = mesh_.process("web-1");
  const uint64_t at_rest = own_memory(unlimited.pid());
  // Sanitizers take several times the memory; the limit leaves room for about 500 buffers.
  const uint64_t limit = at_rest + 32 * kMi;
  ASSERT_TRUE(start_web({cat("--memory-limit=", limit), "--max-connections=4000"}));
  Process& proxy = mesh_.process("web-1");
  ASSERT_TRUE(eventually([&] { return status_of_get(web) == 200; })) << proxy.output();
  uint64_t most = 0;
  bool refused = false;
  {
    Connection before(web);
    std::vector<Socket> held = hold_buffers(web, 1000);
    eventually(
        [&] {
          most = std::max(most, own_memory(proxy.pid()));
          const auto answer = before.request("GET", "/");
          refused = refused || !answer || (answer->status == 503 && answer->header("retry-after") == "1");
          return refused;
        },
        std::chrono::seconds(10));
    eventually(
        [&] {
          most = std::max(most, own_memory(proxy.pid()));
          return !proxy.running();
        },
        std::chrono::milliseconds(500));
  }
  EXPECT_TRUE(refused) << proxy.output();
  EXPECT_THAT(proxy.output(), HasSubstr("memory is short"));
  EXPECT_LE(most, limit + limit / 8);
  ASSERT_TRUE(proxy.running()) << proxy.output();
  // It recovers by itself.
  EXPECT_TRUE(eventually([&] { return status_of_get(web) == 200; })) << proxy.output();
  EXPECT_TRUE(eventually([&] { return metric("web-1", "weft_overload_level") == 0; })) << proxy.output();
}

// A control group of the test's own, of either kind. Needs root: others skip.
class ControlGroup {
 public:
  explicit ControlGroup(uint64_t limit) {
    const bool first = std::filesystem::exists("/sys/fs/cgroup/memory/memory.limit_in_bytes");
    folder_ = cat("/sys/fs/cgroup/", first ? "memory/" : "", "weft-test-", getpid());
    std::error_code error;
    if (!std::filesystem::create_directory(folder_, error)) return;
    std::ofstream(folder_ + (first ? "/memory.limit_in_bytes" : "/memory.max")) << limit;
    usable_ =
        read_file(folder_ + (first ? "/memory.limit_in_bytes" : "/memory.max")).value_or("").starts_with(cat(limit));
  }
  ~ControlGroup() {
    std::error_code ignored;
    eventually([&] { return !std::filesystem::exists(folder_) || rmdir(folder_.c_str()) == 0; },
               std::chrono::seconds(5));
  }
  bool usable() const { return usable_; }
  bool take(pid_t process) {
    std::ofstream file(folder_ + "/cgroup.procs");
    file << process;
    file.flush();
    return file.good();
  }

 private:
  std::string folder_;
  bool usable_ = false;
};

TEST_F(ExhaustionTest, C4_58_TheKernelDoesNotKillAProxyWhoseControlGroupIsFull) {
  ControlGroup group(160 * kMi);
  if (!group.usable()) GTEST_SKIP() << "limiting memory needs root and a control group for it";
  const uint16_t web = mesh_.start_web_and_backend();
  ASSERT_NE(web, 0);
  Process& proxy = mesh_.process("web-1");
  if (own_memory(proxy.pid()) > 60 * kMi) GTEST_SKIP() << "sanitizers take more than the group has";
  ASSERT_TRUE(group.take(proxy.pid()));
  ASSERT_TRUE(eventually([&] { return metric("web-1", "weft_memory_limit_bytes") > 0; })) << proxy.output();
  {
    // Twice what fits: 220 MB of heads.
    std::vector<Socket> held = hold_buffers(web, 4000);
    EXPECT_TRUE(eventually([&] { return proxy.output().find("memory is short") != std::string::npos; }))
        << proxy.output();
    eventually([&] { return !proxy.running(); }, std::chrono::milliseconds(500));
  }
  ASSERT_TRUE(proxy.running()) << proxy.output();
  EXPECT_TRUE(eventually([&] { return status_of_get(web) == 200; })) << proxy.output();
}

// Its own small file system for the proxy's work directory. Needs root: others skip.
TEST_F(ExhaustionTest, C4_59_AFullDiskCostsTheSnapshotAndNoRequest) {
  const std::string folder = mesh_.folder() + "/web-1";
  const bool separate =
      geteuid() == 0 && unshare(CLONE_NEWNS) == 0 && mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  ASSERT_TRUE(make_folder(folder).ok());
  if (!separate || mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=64k,mode=0700") != 0) {
    GTEST_SKIP() << "mounting a small file system needs root";
  }
  const uint16_t web = mesh_.start_web_and_backend();
  ASSERT_NE(web, 0);
  std::ofstream filler(folder + "/filler");
  filler << std::string(100'000, 'x') << std::flush;
  ASSERT_TRUE(mesh_
                  .apply("type: MeshTimeout\nname: t\nspec: {to: [{targetRef: {kind: Mesh}, default: {idleTimeout: "
                         "17m}}]}\n")
                  .exit_code == 0);
  EXPECT_TRUE(eventually([&] { return metric("web-1", "weft_snapshot_write_failures_total") >= 1; }))
      << mesh_.process("web-1").output();
  EXPECT_EQ(status_of_get(web), 200);
  EXPECT_TRUE(mesh_.process("web-1").running());
  umount2(folder.c_str(), MNT_DETACH);
}

// The data path resolves no names. The control plane's address may be one.
TEST_F(ExhaustionTest, C4_60_AControlPlaneWhoseNameLeadsNowhereCostsNoTrafficAndIsNotAskedInACircle) {
  const uint16_t web = mesh_.start_web_and_backend();
  ASSERT_NE(web, 0);
  token_ = mesh_.token("web-1", "web");
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(mesh_.folder() + "/web-1/snapshot.pb"); }));
  for (const char* address : {"https://control-plane.weft.invalid:5678", "https://localhost:1"}) {
    mesh_.process("web-1").kill();
    ASSERT_TRUE(start_web({cat("--cp-address=", address)})) << mesh_.process("web-1").output();
    Process& proxy = mesh_.process("web-1");
    EXPECT_TRUE(eventually([&] { return proxy.output().find("no control plane, trying again") != std::string::npos; }))
        << proxy.output();
    EXPECT_EQ(status_of_get(web), 200) << proxy.output();
    // The same reason is said once, however often it is tried.
    size_t said = 0;
    for (size_t at = 0; (at = proxy.output().find("trying again", at)) != std::string::npos; ++at) ++said;
    EXPECT_LE(said, 3u) << proxy.output();
  }
}

}  // namespace
}  // namespace weft::test
