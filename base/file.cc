#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/text.h"

namespace weft {
namespace {

Status write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno_status("write", errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return ::fsync(fd) == 0 ? ok() : errno_status("sync", errno);
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// The rename itself must survive a crash; a file system that cannot sync a folder is not an error.
void sync_folder(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno_status(cat("open ", path), errno);
  std::string bytes;
  char chunk[16384];
  for (;;) {
    const ssize_t got = ::read(fd, chunk, sizeof chunk);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      const int error = errno;
      ::close(fd);
      if (got < 0) return errno_status(cat("read ", path), error);
      return bytes;
    }
    bytes.append(chunk, static_cast<size_t>(got));
  }
}

Status write_file(const std::string& path, std::string_view bytes, unsigned mode) {
  std::string temporary = cat(path, ".XXXXXX");
  const int fd = ::mkostemp(temporary.data(), O_CLOEXEC);  // created 0600
  if (fd < 0) return errno_status(cat("create a file beside ", path), errno);
  Status written = write_all(fd, bytes);
  if (written.ok() && ::fchmod(fd, mode) != 0) written = errno_status("set the mode", errno);
  if (::close(fd) != 0 && written.ok()) written = errno_status("close", errno);
  if (written.ok() && ::rename(temporary.c_str(), path.c_str()) != 0) written = errno_status("rename", errno);
  if (!written.ok()) {
    ::unlink(temporary.c_str());
    return annotate(written, cat("write ", path));
  }
  sync_folder(folder_of(path));
  return ok();
}

Status make_folder(const std::string& path, unsigned mode) {
  for (size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (!part.empty() && ::mkdir(part.c_str(), mode) != 0 && errno != EEXIST) {
      return errno_status(cat("create folder ", part), errno);
    }
    if (end == std::string::npos) break;
  }
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return errno_status(cat("look at ", path), errno);
  return S_ISDIR(found.st_mode) ? ok() : invalid(cat(path, " is not a folder"));
}

}  // namespace weft
