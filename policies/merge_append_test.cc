// Lists that a schema marks `append`: with a schema made here.
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "policies/merge.h"
#include "policies/provenance.h"
#include "weft/v1/options.pb.h"

namespace weft {
namespace {

using google::protobuf::FieldDescriptorProto;
using google::protobuf::Message;

class MergeAppend : public ::testing::Test {
 protected:
  MergeAppend() {
    google::protobuf::FileDescriptorProto file;
    file.set_name("append.proto");
    file.set_syntax("proto3");
    auto& conf = *file.add_message_type();
    conf.set_name("Conf");
    add_list(conf, "replaced", 1, false);
    add_list(conf, "appended", 2, true);
    FieldDescriptorProto& nested = *conf.add_field();
    nested.set_name("nested");
    nested.set_number(3);
    nested.set_type(FieldDescriptorProto::TYPE_MESSAGE);
    nested.set_type_name(".Conf");
    nested.set_label(FieldDescriptorProto::LABEL_OPTIONAL);
    descriptor_ = pool_.BuildFile(file)->FindMessageTypeByName("Conf");
  }

  static void add_list(google::protobuf::DescriptorProto& conf, const char* name, int number, bool append) {
    FieldDescriptorProto& field = *conf.add_field();
    field.set_name(name);
    field.set_number(number);
    field.set_type(FieldDescriptorProto::TYPE_STRING);
    field.set_label(FieldDescriptorProto::LABEL_REPEATED);
    field.mutable_options()->MutableExtension(v1::schema)->set_append(append);
  }
  std::unique_ptr<Message> conf(const std::string& text) {
    std::unique_ptr<Message> out(factory_.GetPrototype(descriptor_)->New());
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, out.get()));
    return out;
  }
  std::string merged(const std::string& first, const std::string& second) {
    const auto into = conf(first);
    merge_conf(*conf(second), *into);
    return into->ShortDebugString();
  }

  google::protobuf::DescriptorPool pool_{google::protobuf::DescriptorPool::generated_pool()};
  google::protobuf::DynamicMessageFactory factory_;
  const google::protobuf::Descriptor* descriptor_ = nullptr;
};

TEST_F(MergeAppend, AMarkedListIsConcatenatedInMergeOrder) {
  EXPECT_EQ(merged("appended: 'a' replaced: 'a'", "appended: 'b' appended: 'c' replaced: 'b'"),
            conf("replaced: 'b' appended: 'a' appended: 'b' appended: 'c'")->ShortDebugString());
}

TEST_F(MergeAppend, DepthMakesNoDifference) {
  EXPECT_EQ(merged("nested { nested { appended: 'a' } }", "nested { nested { appended: 'b' } replaced: 'x' }"),
            conf("nested { nested { appended: 'a' appended: 'b' } replaced: 'x' }")->ShortDebugString());
}

TEST_F(MergeAppend, AnAbsentListAddsNothing) {
  EXPECT_EQ(merged("appended: 'a'", "replaced: 'x'"), conf("appended: 'a' replaced: 'x'")->ShortDebugString());
}

TEST_F(MergeAppend, EveryItemOfAConcatenatedListHasItsOrigin) {
  const auto first = conf("nested { appended: 'a' appended: 'b' }"), second = conf("nested { appended: 'c' }");
  const Message* both[] = {first.get(), second.get()};
  const std::vector<FieldOrigin> expected = {
      {"nested.appended[0]", 0}, {"nested.appended[1]", 0}, {"nested.appended[2]", 1}};
  EXPECT_EQ(field_origins(both), expected);
}

}  // namespace
}  // namespace weft
