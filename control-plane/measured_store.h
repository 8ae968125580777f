// A store whose writes are timed: one observation a transaction, by what it does and to which type. Everything else is
// the store's that it wraps. As thread-safe as that one.
#pragma once

#include <memory>

#include "base/histogram.h"
#include "control-plane/store/store.h"

namespace weft::cp {

// `operations` must outlive the store. Labels: operation (create, update, delete), resource_type; of a transaction
// with several writes those of the first.
std::unique_ptr<Store> measure_writes(std::unique_ptr<Store> store, HistogramFamily& operations);

}  // namespace weft::cp
