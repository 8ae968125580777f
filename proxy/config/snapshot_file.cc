#include "proxy/config/snapshot_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/hash.h"
#include "base/text.h"

namespace weft::proxy {
namespace {

constexpr std::string_view kMagic = "weft-snapshot";
// Rises when an old program would misread a new file.
constexpr std::string_view kFormat = "1";

Status write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno_status("write", errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return fsync(descriptor) == 0 ? ok() : errno_status("fsync", errno);
}

// The rename itself reaches the disk.
void sync_folder(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const int descriptor = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  fsync(descriptor);
  close(descriptor);
}

}  // namespace

Status write_file_atomically(const std::string& path, std::string_view bytes) {
  const std::string temporary = path + ".tmp";
  const int descriptor = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return errno_status(cat("create ", temporary), errno);
  Status status = write_all(descriptor, bytes);
  close(descriptor);
  if (status.ok() && rename(temporary.c_str(), path.c_str()) != 0) status = errno_status("rename", errno);
  if (!status.ok()) {
    unlink(temporary.c_str());
    return annotate(status, path);
  }
  sync_folder(path);
  return ok();
}

Status write_stored_configuration(const std::string& path, const v1::StoredConfiguration& stored) {
  const std::string body = stored.SerializeAsString();
  return write_file_atomically(
      path, cat(kMagic, " ", kFormat, " ", hex64(content_hash(body)), " ", body.size(), "\n", body));
}

Result<v1::StoredConfiguration> read_stored_configuration(const std::string& path, std::string_view mesh,
                                                          std::string_view name) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return errno == ENOENT ? not_found(cat(path, ": there is none")) : errno_status(path, errno);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const size_t line_end = bytes.find('\n');
  if (line_end == std::string::npos) return invalid(cat(path, ": damaged (no header)"));
  const auto words = split(std::string_view(bytes).substr(0, line_end), ' ');
  if (words.size() != 4 || words[0] != kMagic) return invalid(cat(path, ": damaged (no header)"));
  if (words[1] != kFormat) return invalid(cat(path, ": format ", words[1], ", this program reads format ", kFormat));
  const std::string_view body = std::string_view(bytes).substr(line_end + 1);
  if (words[3] != cat(body.size())) return invalid(cat(path, ": damaged (", body.size(), " bytes of ", words[3], ")"));
  if (words[2] != hex64(content_hash(body))) return invalid(cat(path, ": damaged (checksum)"));
  v1::StoredConfiguration stored;
  if (!stored.ParseFromArray(body.data(), static_cast<int>(body.size()))) return invalid(cat(path, ": damaged (content)"));
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
  for (;;) {
    v1::StoredConfiguration stored;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return ending_ || waiting_.has_value(); });
      if (!waiting_) return;
      stored = *std::move(waiting_);
      waiting_.reset();
    }
    written_(write_stored_configuration(path_, stored));
  }
}

}  // namespace weft::proxy
