// Where nghttp2 gets its memory: about eleven small pieces a request, which a heap answers slowly once hundreds of
// streams are open. They come from free lists of the thread and return there, so that in steady state a request
// allocates nothing. Each thread its own; a session is made, used and destroyed on one thread.
#pragma once

#include <cstddef>

namespace weft::proxy {

// As malloc, free, calloc and realloc; pieces above a KiB are the heap's. Null: out of memory.
void* take_piece(std::size_t size);
void give_piece(void* piece);
void* take_zeroed_pieces(std::size_t count, std::size_t size);
void* resize_piece(void* piece, std::size_t size);

}  // namespace weft::proxy
