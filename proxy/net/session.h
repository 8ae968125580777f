// One accepted connection from accept to close, and the list of those of one listener on one worker. Every session is
// in a list: it can be nudged or cancelled, and its listener waits for it. Lives in the coroutine that serves it;
// worker's thread only.
#pragma once

#include <cstddef>

#include "proxy/runtime/connect.h"
#include "proxy/runtime/connection.h"

namespace weft::proxy {

class SessionList;

class Session {
 public:
  Session(SessionList& list, EventLoop& loop, int descriptor);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // It ends soon, and both sides see that it was not in order.
  void revoke() {
    connection.reset_on_close();
    cancel();
  }

  // It ends soon. The last of these calls may be its end; the others find nobody waiting.
  void cancel() {
    const bool dialling = connecting.under_way();
    if (!dialling) connecting.cancel();
    connection.cancel();
    if (dialling) connecting.cancel();
  }

  Connection connection;
  ConnectCancel connecting;
  // Its bytes are relayed to an inbound as they come, by what was allowed when it began.
  bool relayed = false;

 private:
  friend class SessionList;
  SessionList& list_;
  Session* next_ = nullptr;
  Session* previous_ = nullptr;
};

class SessionList {
 public:
  SessionList() = default;
  SessionList(const SessionList&) = delete;
  SessionList& operator=(const SessionList&) = delete;

  size_t size() const { return size_; }
  // Each of them may end meanwhile, but none of the others.
  template <typename Action>
  void for_each(Action action) {
    for (Session* session = first_; session != nullptr;) {
      Session* const next = session->next_;
      action(*session);
      session = next;
    }
  }

 private:
  friend class Session;
  Session* first_ = nullptr;
  size_t size_ = 0;
};

inline Session::Session(SessionList& list, EventLoop& loop, int descriptor)
    : connection(loop, descriptor), list_(list) {
  next_ = list.first_;
  if (next_ != nullptr) next_->previous_ = this;
  list.first_ = this;
  ++list.size_;
}

inline Session::~Session() {
  if (next_ != nullptr) next_->previous_ = previous_;
  (previous_ != nullptr ? previous_->next_ : list_.first_) = next_;
  --list_.size_;
}

}  // namespace weft::proxy
