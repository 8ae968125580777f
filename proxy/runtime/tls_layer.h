// TLS between a connection and its socket: ciphertext in lent buffers that exist only while some is pending, as many
// records as there are in one receive, as many as fit a buffer in one send. What was encrypted and not taken by the
// socket is sent when it can be, whoever waits or not. Part of a Connection; worker's thread only.
#pragma once

#include <sys/uio.h>

#include <memory>
#include <span>
#include <string_view>

#include "proxy/runtime/buffer_pool.h"
#include "proxy/tls/stream.h"

namespace weft::proxy {

class Connection;
struct IoResult;

class TlsLayer {
 public:
  TlsLayer(Connection& connection, BufferPool& buffers, std::unique_ptr<TlsStream> stream);
  ~TlsLayer();

  // kWantInput, kWantRoom: again when the socket can be read, or written.
  TlsStream::Step handshake();
  // As Connection's try_read and try_write, in plaintext.
  IoResult read(std::span<char> plain);
  IoResult write(std::span<const iovec> pieces);

  const TlsStream& stream() const { return *stream_; }
  // The peer is still who it proved to be, by what is believed now. Cheap while that has not changed.
  bool vouched_by(const TlsMaterial& material);
  void fail(TlsFailure failure, std::string_view detail) { stream_->fail(failure, detail); }
  // Of a handshake that failed: what came and was not used.
  std::string_view unused() const { return {stream_->pipe.in.data(), stream_->pipe.in.size()}; }

  // The socket can be written again: sends what is pending. False: some still is.
  bool flush();
  bool pending() const { return sent_ < stream_->pipe.out_size; }
  std::string_view ciphertext() const { return {out_.bytes() + sent_, stream_->pipe.out_size - sent_}; }
  // There may be something to receive.
  void socket_readable() { socket_ready_ = true; }
  // Says that nothing more is sent, as far as the socket takes it now.
  void close_notify();
  // The same, and a half close once everything is out.
  void shutdown_write();

 private:
  bool receive();
  void ensure_room();
  void settle_reader(bool drained);

  Connection& connection_;
  BufferPool& buffers_;
  const std::unique_ptr<TlsStream> stream_;
  Buffer in_;   // what stream_->pipe.in refers to
  Buffer out_;  // what stream_->pipe.out is
  size_t sent_ = 0;
  size_t handshake_bytes_ = 0;
  uint64_t vouched_version_;   // of the trust that was last asked
  int error_ = 0;              // the end of all reading and writing
  bool closed_ = false;        // the peer has said that it sends no more
  bool socket_ready_ = false;  // a receive is worth a try
  bool half_close_ = false;    // when everything is out
};

}  // namespace weft::proxy
