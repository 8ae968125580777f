// The end of a process that another one will replace: listens on a unix socket in the work directory, for its own user
// alone. A successor is given copies of the listening sockets at once; this process serves on until the successor says
// that it is ready, or is gone, which changes nothing. One successor at a time, for two minutes. Control thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/status.h"
#include "proxy/config/control_thread.h"
#include "proxy/inheritance.h"

namespace boost::asio {
class io_context;
}

namespace weft::proxy {

class HandOver {
 public:
  struct Events {
    // Copies of what is listened on. From now on the control plane is the successor's.
    std::function<Inheritance()> successor_came;
    // It will not take over: everything is as it was.
    std::function<void()> successor_left;
    // It serves. Everything in the work directory is to be let go before this returns; called once, last.
    std::function<void()> taken;
  };
  static Result<std::unique_ptr<HandOver>> listen(boost::asio::io_context& loop, ControlThread& thread,
                                                  const std::string& path, Events events);
  virtual ~HandOver() = default;
};

}  // namespace weft::proxy
