#include "policies/merge.h"

#include <gtest/gtest.h>

#include "policies/policy_text.h"
#include "weft/v1/mesh_retry.pb.h"
#include "weft/v1/mesh_service.pb.h"
#include "weft/v1/mesh_timeout.pb.h"

namespace weft {
namespace {

using testing::spec_of;

template <typename Conf>
std::string merged(const std::vector<std::string>& confs) {
  Conf into;
  for (const std::string& conf : confs) merge_conf(spec_of<Conf>(conf), into);
  return into.ShortDebugString();
}

template <typename Conf>
std::string normal(const std::string& conf) {
  return spec_of<Conf>(conf).ShortDebugString();
}

TEST(Merge, ObjectsMergeFieldByField) {
  EXPECT_EQ(merged<v1::MeshTimeoutConf>({"idle_timeout { seconds: 9 } http { request_timeout { seconds: 1 } }",
                                         "http { stream_idle_timeout { seconds: 2 } }"}),
            normal<v1::MeshTimeoutConf>("idle_timeout { seconds: 9 } http { request_timeout { seconds: 1 }"
                                        " stream_idle_timeout { seconds: 2 } }"));
}

TEST(Merge, ADurationIsReplacedAsOneValue) {
  EXPECT_EQ(merged<v1::MeshTimeoutConf>({"idle_timeout { seconds: 9 nanos: 5 }", "idle_timeout { seconds: 1 }"}),
            normal<v1::MeshTimeoutConf>("idle_timeout { seconds: 1 }"));
}

TEST(Merge, AnExplicitZeroOverridesAnEarlierValue) {
  EXPECT_EQ(merged<v1::MeshRetryConf>({"http { num_retries: 5 }", "http { num_retries: 0 }"}),
            normal<v1::MeshRetryConf>("http { num_retries: 0 }"));
  EXPECT_EQ(merged<v1::MeshTimeoutConf>({"idle_timeout { seconds: 9 }", "idle_timeout { }"}),
            normal<v1::MeshTimeoutConf>("idle_timeout { }"));
}

TEST(Merge, ListsAreReplacedAsAWhole) {
  EXPECT_EQ(merged<v1::MeshRetryConf>(
                {"http { retry_on: '5xx' retry_on: '429' num_retries: 3 }", "http { retry_on: '503' }"}),
            normal<v1::MeshRetryConf>("http { num_retries: 3 retry_on: '503' }"));
  EXPECT_EQ(merged<v1::MeshRetryConf>({"http { host_selection { predicate: 'a' } host_selection { predicate: 'b' } }",
                                       "http { host_selection { predicate: 'c' } }"}),
            normal<v1::MeshRetryConf>("http { host_selection { predicate: 'c' } }"));
}

TEST(Merge, AnAbsentListIsInherited) {
  EXPECT_EQ(merged<v1::MeshRetryConf>({"http { retry_on: '5xx' }", "http { num_retries: 2 }"}),
            normal<v1::MeshRetryConf>("http { num_retries: 2 retry_on: '5xx' }"));
}

TEST(Merge, AnEmptyObjectIsPresentAndChangesNothing) {
  EXPECT_EQ(merged<v1::MeshTimeoutConf>({"http { request_timeout { seconds: 1 } }", "http { }"}),
            normal<v1::MeshTimeoutConf>("http { request_timeout { seconds: 1 } }"));
  EXPECT_EQ(merged<v1::MeshTimeoutConf>({"http { }"}), normal<v1::MeshTimeoutConf>("http { }"));
}

TEST(Merge, MapsMergeByKey) {
  v1::LabelSelector into = spec_of<v1::LabelSelector>("match_labels { key: 'b' value: '1' }");
  merge_conf(spec_of<v1::LabelSelector>("match_labels { key: 'b' value: '2' } match_labels { key: 'c' value: '3' }"),
             into);
  ASSERT_EQ(into.match_labels().size(), 2u);
  EXPECT_EQ(into.match_labels().at("b"), "2");
  EXPECT_EQ(into.match_labels().at("c"), "3");
}

TEST(Merge, OneOfSeveralShapesIsReplaced) {
  EXPECT_EQ(merged<v1::IntOrString>({"number: 5", "text: '50%'"}), normal<v1::IntOrString>("text: '50%'"));
}

TEST(Merge, ThePatchIsNotTouched) {
  const auto patch =
      spec_of<v1::MeshRetryConf>("http { retry_on: '5xx' num_retries: 2 } tcp { max_connect_attempt: 3 }");
  const std::string before = patch.SerializeAsString();
  v1::MeshRetryConf into = spec_of<v1::MeshRetryConf>("http { retry_on: '429' }");
  merge_conf(patch, into);
  EXPECT_EQ(patch.SerializeAsString(), before);
}

}  // namespace
}  // namespace weft
