// A resource as it should be: begun as what is stored, changed step by step, and written once, if it differs in the
// end. So however many things about a resource are computed, a change of them is one write. Plain data.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include <google/protobuf/util/message_differencer.h>

#include "control-plane/resource/resource.h"
#include "control-plane/store/store.h"

namespace weft::cp {

inline bool is_equal(const google::protobuf::Message& a, const google::protobuf::Message& b) {
  return google::protobuf::util::MessageDifferencer::Equals(a, b);
}

template <typename Spec, typename Status>
struct Draft {
  ResourceKey key;
  ResourcePtr stored;  // null: there is none yet
  Labels labels;
  Spec spec;
  Status status;
  bool unwanted = false;  // delete it

  static Draft of(const ResourcePtr& stored) {
    Draft draft{stored->key, stored, stored->labels, {}, {}};
    draft.spec.CopyFrom(*stored->spec);
    if (stored->status != nullptr) draft.status.CopyFrom(*stored->status);
    return draft;
  }

  // The resource without its times: who it is and how it is labelled.
  ResourcePtr outline() const {
    if (stored != nullptr && stored->labels == labels) return stored;
    auto outline = std::make_shared<Resource>();
    if (stored != nullptr) *outline = *stored;
    outline->key = key;
    outline->labels = labels;
    return outline;
  }

  // Nullopt: what is stored is right.
  std::optional<Write> write() && {
    const uint64_t revision = stored == nullptr ? 0 : stored->revision;
    if (unwanted) {
      if (stored == nullptr) return std::nullopt;
      return Write{Write::Kind::kDelete, std::move(key), nullptr, revision};
    }
    const bool same_spec = stored != nullptr && is_equal(*stored->spec, spec);
    const google::protobuf::Message& before =
        stored != nullptr && stored->status != nullptr ? *stored->status : Status::default_instance();
    const bool same_status = is_equal(before, status);
    if (same_spec && same_status && labels == stored->labels) return std::nullopt;
    auto next = std::make_shared<Resource>();
    next->key = key;
    next->labels = std::move(labels);
    // What did not change stays the same object: who compares pointers sees that.
    next->spec = same_spec ? stored->spec : std::make_shared<const Spec>(std::move(spec));
    if (!same_status) {
      next->status = std::make_shared<const Status>(std::move(status));
    } else if (stored != nullptr) {
      next->status = stored->status;
    }
    return Write{Write::Kind::kPut, std::move(key), std::move(next), revision};
  }
};

}  // namespace weft::cp
