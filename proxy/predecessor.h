// The process whose place this one takes, as seen from the new one: gives its listening sockets at once, and lets go
// when it is told that this one is ready. Until then it serves as before, and goes on if this one fails. Control
// thread, which waits for it (seconds at most).
#pragma once

#include <memory>
#include <string>

#include "base/status.h"
#include "proxy/inheritance.h"

namespace weft::proxy {

class Predecessor {
 public:
  // Null: nobody listens there. Error: somebody does, and gives nothing.
  static Result<std::unique_ptr<Predecessor>> find(const std::string& socket_path);

  Inheritance& inheritance() { return inheritance_; }
  // "I serve now." When this returns well, the other one accepts nothing any more and its sockets and files in the work
  // directory are free. So they are when it has ended meanwhile. Error: it goes on, and this process must end.
  Status take_place();

 private:
  explicit Predecessor(std::unique_ptr<InheritanceLink> link) : link_(std::move(link)) {}
  std::unique_ptr<InheritanceLink> link_;
  Inheritance inheritance_;
};

}  // namespace weft::proxy
