#include "policies/provenance.h"

#include <gmock/gmock.h>

#include "base/random.h"
#include "base/text.h"
#include "policies/merge.h"
#include "policies/policy_text.h"
#include "weft/v1/mesh_retry.pb.h"
#include "weft/v1/mesh_timeout.pb.h"

namespace weft {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::spec_of;

template <typename Conf>
std::vector<FieldOrigin> origins(const std::vector<std::string>& texts) {
  std::vector<Conf> confs;
  for (const std::string& text : texts) confs.push_back(spec_of<Conf>(text));
  std::vector<const Message*> pointers;
  for (const Conf& conf : confs) pointers.push_back(&conf);
  return field_origins(pointers);
}

TEST(FieldOrigins, EachFieldHasTheLastConfThatSetsIt) {
  EXPECT_THAT(origins<v1::MeshTimeoutConf>({"idle_timeout { seconds: 1 } connection_timeout { seconds: 1 }",
                                            "idle_timeout { seconds: 2 } http { request_timeout { } }"}),
              ElementsAre(FieldOrigin{"connectionTimeout", 0}, FieldOrigin{"http.requestTimeout", 1},
                          FieldOrigin{"idleTimeout", 1}));
}

TEST(FieldOrigins, NothingGivesNothing) {
  EXPECT_THAT(origins<v1::MeshTimeoutConf>({}), IsEmpty());
  EXPECT_THAT(origins<v1::MeshTimeoutConf>({"", ""}), IsEmpty());
  const Message* none[] = {nullptr, nullptr};
  EXPECT_THAT(field_origins(none), IsEmpty());
}

TEST(FieldOrigins, AReplacedListIsOneField) {
  EXPECT_THAT(origins<v1::MeshRetryConf>(
                  {"http { retry_on: '5xx' retry_on: 'Reset' num_retries: 1 }", "http { retry_on: '429' }"}),
              ElementsAre(FieldOrigin{"http.numRetries", 0}, FieldOrigin{"http.retryOn", 1}));
}

TEST(FieldOrigins, AnEmptyObjectIsAFieldUntilItIsFilled) {
  EXPECT_THAT(origins<v1::MeshTimeoutConf>({"http { }"}), ElementsAre(FieldOrigin{"http", 0}));
  EXPECT_THAT(origins<v1::MeshTimeoutConf>({"http { }", "http { request_timeout { } }", "http { }"}),
              ElementsAre(FieldOrigin{"http.requestTimeout", 1}));
}

// A message with every kind of field, half of them set.
void fill(Message& message, Random& random, int depth) {
  const auto* reflection = message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message.GetDescriptor()->field(i);
    if (random.below(2) == 0) continue;
    if (field->is_map()) continue;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      Message* inner =
          field->is_repeated() ? reflection->AddMessage(&message, field) : reflection->MutableMessage(&message, field);
      if (depth > 0) fill(*inner, random, depth - 1);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING && field->is_repeated()) {
      reflection->AddString(&message, field, cat(random.below(9)));
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_UINT32) {
      reflection->SetUInt32(&message, field, 7);
    }
  }
}

TEST(FieldOrigins, TheyAreTheFieldsOfTheMergeWhateverIsMerged) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Random random(seed);
    std::vector<v1::MeshRetryConf> confs(4);
    std::vector<const Message*> pointers;
    v1::MeshRetryConf merged;
    for (v1::MeshRetryConf& conf : confs) {
      fill(conf, random, 3);
      pointers.push_back(&conf);
      merge_conf(conf, merged);
    }
    const Message* whole[] = {&merged};
    std::vector<std::string> expected, found;
    for (const FieldOrigin& origin : field_origins(whole)) expected.push_back(origin.path);
    for (const FieldOrigin& origin : field_origins(pointers)) found.push_back(origin.path);
    EXPECT_EQ(found, expected) << "seed " << seed << ": " << merged.ShortDebugString();
  }
}

}  // namespace
}  // namespace weft
