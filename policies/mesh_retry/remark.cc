#include "policies/mesh_retry/remark.h"

#include <re2/re2.h>

#include "base/text.h"
#include "policies/conf_times.h"
#include "weft/v1/mesh_retry.pb.h"

namespace weft::mesh_retry {
namespace {

using Conf = v1::MeshRetryConf;
using Headers = google::protobuf::RepeatedPtrField<v1::HeaderMatch>;

void remark_headers(const Headers& headers, const std::string& field, std::vector<std::string>& remarks) {
  for (int i = 0; i < headers.size(); ++i) {
    if (headers[i].type() != "RegularExpression") continue;
    const RE2 compiled(headers[i].value(), RE2::Quiet);
    if (compiled.ok()) continue;
    remarks.push_back(cat(field, "[", i, "].value: \"", headers[i].value(), "\" is no regular expression (",
                          compiled.error(), "): it matches nothing"));
  }
}

bool is_none(bool present, const google::protobuf::Duration& duration) {
  return present && nanoseconds(duration).count() <= 0;
}

template <typename Block>
void remark_times(const Block& block, const std::string& field, std::vector<std::string>& remarks) {
  const Conf::BackOff& back_off = block.back_off();
  if (is_none(back_off.has_base_interval(), back_off.base_interval())) {
    remarks.push_back(cat(field, ".backOff.baseInterval is not above zero: retries go out at once"));
  }
  if (is_none(back_off.has_max_interval(), back_off.max_interval())) {
    remarks.push_back(cat(field, ".backOff.maxInterval is not above zero: no wait is longer than the base interval"));
  }
  if (nanoseconds(block.per_try_timeout()).count() < 0) {
    remarks.push_back(cat(field, ".perTryTimeout is negative: a try has no limit of its own"));
  }
}

}  // namespace

void remark(const google::protobuf::Message& message, std::vector<std::string>& remarks) {
  const auto& spec = static_cast<const v1::MeshRetry&>(message);
  for (int i = 0; i < spec.to_size(); ++i) {
    const Conf& conf = spec.to(i).default_();
    const std::string field = cat("spec.to[", i, "].default");
    remark_times(conf.http(), field + ".http", remarks);
    remark_headers(conf.http().retriable_request_headers(), field + ".http.retriableRequestHeaders", remarks);
    remark_headers(conf.http().retriable_response_headers(), field + ".http.retriableResponseHeaders", remarks);
    remark_times(conf.grpc(), field + ".grpc", remarks);
  }
}

}  // namespace weft::mesh_retry
