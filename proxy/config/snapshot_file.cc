#include "proxy/config/snapshot_file.h"

#include <malloc.h>

#include <utility>

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"

namespace weft::proxy {
namespace {

constexpr std::string_view kMagic = "weft-snapshot";
// Rises when an old program would misread a new file.
constexpr std::string_view kFormat = "1";
// A configuration from this size on leaves megabytes of its messages and copies behind that nobody needs again.
constexpr size_t kLargeBytes = 256 * 1024;

}  // namespace

Status write_stored_configuration(const std::string& path, const v1::StoredConfiguration& stored) {
  const std::string body = stored.SerializeAsString();
  return write_file(path, cat(kMagic, " ", kFormat, " ", hex64(content_hash(body)), " ", body.size(), "\n", body),
                    0600);
}

Result<v1::StoredConfiguration> read_stored_configuration(const std::string& path, std::string_view mesh,
                                                          std::string_view name) {
  Result<std::string> read = read_file(path);
  if (!read.ok()) return read.status();
  const std::string& bytes = *read;
  const size_t line_end = bytes.find('\n');
  if (line_end == std::string::npos) return invalid(cat(path, ": damaged (no header)"));
  const auto words = split(std::string_view(bytes).substr(0, line_end), ' ');
  if (words.size() != 4 || words[0] != kMagic) return invalid(cat(path, ": damaged (no header)"));
  if (words[1] != kFormat) return invalid(cat(path, ": format ", words[1], ", this program reads format ", kFormat));
  const std::string_view body = std::string_view(bytes).substr(line_end + 1);
  if (words[3] != cat(body.size())) return invalid(cat(path, ": damaged (", body.size(), " bytes of ", words[3], ")"));
  if (words[2] != hex64(content_hash(body))) return invalid(cat(path, ": damaged (checksum)"));
  v1::StoredConfiguration stored;
  if (!stored.ParseFromArray(body.data(), static_cast<int>(body.size())))
    return invalid(cat(path, ": damaged (content)"));
  if (stored.mesh() != mesh || stored.name() != name) {
    return invalid(cat(path, ": belongs to ", stored.mesh(), "/", stored.name(), ", this proxy is ", mesh, "/", name));
  }
  return stored;
}

SnapshotWriter::SnapshotWriter(std::string path, absl::AnyInvocable<void(const Status&)> written)
    : path_(std::move(path)), written_(std::move(written)) {}

SnapshotWriter::~SnapshotWriter() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void SnapshotWriter::write(v1::StoredConfiguration stored) {
  {
    const std::lock_guard lock(mutex_);
    waiting_ = std::move(stored);
  }
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  changed_.notify_one();
}

void SnapshotWriter::run() {
  while (write_next()) {
  }
}

bool SnapshotWriter::write_next() {
  bool large = false;
  {
    v1::StoredConfiguration stored;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return ending_ || waiting_.has_value(); });
      if (!waiting_) return false;
      stored = *std::move(waiting_);
      waiting_.reset();
    }
    written_(write_stored_configuration(path_, stored));
    large = stored.ByteSizeLong() >= kLargeBytes;
  }
  // The heap keeps what was freed between what stays; a proxy that has just learned of a thousand services gives a
  // fifth of its memory back to the system here, where nothing waits for it.
  if (large) malloc_trim(0);
  return true;
}

}  // namespace weft::proxy
