// The last good configuration on disk: "<work-dir>/snapshot.pb", one line of text ("weft-snapshot", format version,
// checksum, length) and a StoredConfiguration. Replaced whole, readable by its owner only, and written on a thread of
// its own because a disk may take seconds; the newest configuration wins when one waits. Everything else is called on
// the control thread. A file that is damaged, of another format or of another proxy is not used.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "absl/functional/any_invocable.h"
#include "base/status.h"
#include "weft/v1/stored_configuration.pb.h"

namespace weft::proxy {

Status write_stored_configuration(const std::string& path, const v1::StoredConfiguration& stored);
// NOT_FOUND: there is none. Any other failure: it says why the file cannot be used.
Result<v1::StoredConfiguration> read_stored_configuration(const std::string& path, std::string_view mesh,
                                                          std::string_view name);

class SnapshotWriter {
 public:
  // `written` is called on the writer's thread after every attempt.
  SnapshotWriter(std::string path, absl::AnyInvocable<void(const Status&)> written);
  // Writes what still waits.
  ~SnapshotWriter();
  SnapshotWriter(const SnapshotWriter&) = delete;
  SnapshotWriter& operator=(const SnapshotWriter&) = delete;

  // Replaces what waits to be written. Returns at once.
  void write(v1::StoredConfiguration stored);

 private:
  void run();
  // Waits for a configuration and writes it. False: none will come.
  bool write_next();

  const std::string path_;
  absl::AnyInvocable<void(const Status&)> written_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<v1::StoredConfiguration> waiting_;
  bool ending_ = false;
  std::thread thread_;  // started by the first write
};

}  // namespace weft::proxy
