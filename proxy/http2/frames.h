// What nghttp2 calls while it reads and writes frames: notes what came in the session and its streams, and wakes
// nobody. Also makes nghttp2's session with the options and the SETTINGS that the limits ask for.
#pragma once

#include <nghttp2/nghttp2.h>

#include "proxy/http2/wire_session.h"

namespace weft::proxy {

struct Frames {
  // The session begins with our SETTINGS queued.
  static nghttp2_session* make(WireSession& session);
  // Where nghttp2 gets what the stream's owner hands over.
  static nghttp2_data_provider content_of(WireStream& stream);

 private:
  using Wire = nghttp2_session;
  static nghttp2_session_callbacks* callbacks();
  static WireStream* stream_of(Wire* wire, int32_t id);

  static int on_begin_frame(Wire* wire, const nghttp2_frame_hd* header, void* session);
  static int on_begin_headers(Wire* wire, const nghttp2_frame* frame, void* session);
  static int on_header(Wire* wire, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                       const uint8_t* value, size_t value_size, uint8_t flags, void* session);
  static int on_invalid_header(Wire* wire, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                               const uint8_t* value, size_t value_size, uint8_t flags, void* session);
  static int on_frame(Wire* wire, const nghttp2_frame* frame, void* session);
  static int on_invalid_frame(Wire* wire, const nghttp2_frame* frame, int error, void* session);
  static int on_content(Wire* wire, uint8_t flags, int32_t id, const uint8_t* bytes, size_t size, void* session);
  static int on_stream_close(Wire* wire, int32_t id, uint32_t code, void* session);
  static int on_sent(Wire* wire, const nghttp2_frame* frame, void* session);
  static int on_not_sent(Wire* wire, const nghttp2_frame* frame, int error, void* session);
  static ssize_t read_content(Wire* wire, int32_t id, uint8_t* buffer, size_t limit, uint32_t* flags,
                              nghttp2_data_source* source, void* session);
  static ssize_t content_limit(Wire* wire, uint8_t type, int32_t id, int32_t session_window, int32_t stream_window,
                               uint32_t largest, void* session);
  static int send_content(Wire* wire, nghttp2_frame* frame, const uint8_t* header, size_t size,
                          nghttp2_data_source* source, void* session);

  static void finish_head(WireSession& session, WireStream& stream);
  static int refuse_head(WireSession& session, WireStream& stream, uint32_t code);
  static void submit_trailers(Wire* wire, const WireStream& stream);
};

}  // namespace weft::proxy
