#include "api/reference/schema.h"

#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <cstdlib>

#include "base/text.h"

namespace weft::reference {

std::string_view embedded_schemas();  // made at build time

namespace {

constexpr std::string_view kExampleLine = "Example:";

// What stands above (or behind) something in its file, without the comment signs.
std::string raw_comment(const google::protobuf::SourceLocation& location) {
  return location.leading_comments.empty() ? location.trailing_comments : location.leading_comments;
}

// A comment's lines as text: lines of a paragraph are joined, an empty line or a list item begins a new one.
std::string flowing(std::string_view comment) {
  std::string out;
  bool new_paragraph = false;
  for (const std::string_view line : split(comment, '\n')) {
    const std::string_view words = trim(line);
    if (words.empty()) {
      new_paragraph = true;
      continue;
    }
    if (!out.empty()) out += new_paragraph || words.starts_with("- ") ? '\n' : ' ';
    out += words;
    new_paragraph = false;
  }
  return out;
}

// The lines after "Example:", as indented there below.
std::string example_in(std::string_view comment) {
  std::string out;
  size_t indent = 0;
  bool inside = false;
  for (std::string_view line : split(comment, '\n')) {
    if (!inside) {
      inside = trim(line) == kExampleLine;
      continue;
    }
    if (trim(line).empty()) {
      if (out.empty()) continue;
      break;
    }
    if (out.empty()) indent = line.find_first_not_of(' ');
    append(out, line.substr(std::min(indent, line.find_first_not_of(' '))), "\n");
  }
  return out;
}

std::string_view before_example(std::string_view comment) { return comment.substr(0, comment.find(kExampleLine)); }

std::string message_comment(const Descriptor& message) {
  google::protobuf::SourceLocation location;
  return message.GetSourceLocation(&location) ? raw_comment(location) : std::string();
}

// The first lines of a file: "MeshRetry: what is tried again."
std::string file_comment(const google::protobuf::FileDescriptor& file) {
  google::protobuf::SourceLocation location;
  // The comment stands above the line `syntax = ...`.
  const bool found = file.GetSourceLocation({google::protobuf::FileDescriptorProto::kSyntaxFieldNumber}, &location);
  return found ? raw_comment(location) : std::string();
}

std::string description_of(const Descriptor& message) {
  std::string own = flowing(before_example(message_comment(message)));
  if (!own.empty()) return own;
  std::string text = flowing(file_comment(*message.file()));
  const size_t colon = text.find(": ");
  if (colon == text.npos) return text;
  text.erase(0, colon + 2);
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

}  // namespace

std::string Kind::collection() const {
  return is_global() ? cat("/", rules.path()) : cat("/meshes/{mesh}/", rules.path());
}

const Schema& Schema::embedded() {
  static const Schema schema(embedded_schemas());
  return schema;
}

Schema::Schema(std::string_view descriptor_set) {
  google::protobuf::FileDescriptorSet set;
  if (!set.ParseFromArray(descriptor_set.data(), static_cast<int>(descriptor_set.size()))) std::abort();
  for (const auto& file : set.file()) load(file);
  for (const auto& file : set.file()) read_kinds(*pool_.FindFileByName(file.name()));
  std::sort(kinds_.begin(), kinds_.end(), [](const Kind& a, const Kind& b) { return a.type() < b.type(); });
}

void Schema::load(const google::protobuf::FileDescriptorProto& file) {
  for (const std::string& name : file.dependency()) {
    if (pool_.FindFileByName(name) != nullptr) continue;
    const auto* known = google::protobuf::DescriptorPool::generated_pool()->FindFileByName(name);
    if (known == nullptr) continue;  // a file of the set that comes later; building this one would fail
    google::protobuf::FileDescriptorProto foreign;
    known->CopyTo(&foreign);
    load(foreign);
  }
  // protoc writes files after those they import.
  if (pool_.BuildFile(file) == nullptr) std::abort();
}

void Schema::read_kinds(const google::protobuf::FileDescriptor& file) {
  for (int i = 0; i < file.message_type_count(); ++i) {
    const Descriptor& message = *file.message_type(i);
    if (!message.options().HasExtension(v1::resource)) continue;
    Kind kind;
    kind.rules = message.options().GetExtension(v1::resource);
    kind.message = &message;
    kind.status = pool_.FindMessageTypeByName(kind.rules.status_message());
    kind.description = description_of(message);
    kind.example = example_in(message_comment(message));
    kinds_.push_back(std::move(kind));
  }
}

const Kind* Schema::find(std::string_view word) const {
  std::string bare = lower(word);
  std::erase(bare, '-');
  for (const Kind& kind : kinds_) {
    if (bare == lower(kind.type()) || bare == kind.rules.path() || bare == kind.rules.cli_name()) return &kind;
  }
  for (const Kind& kind : kinds_) {
    if (!kind.rules.short_name().empty() && bare == kind.rules.short_name()) return &kind;
  }
  return nullptr;
}

std::string comment_of(const FieldDescriptor& field) {
  google::protobuf::SourceLocation location;
  std::string own = field.GetSourceLocation(&location) ? flowing(raw_comment(location)) : std::string();
  if (!own.empty() || field.message_type() == nullptr || field.is_map()) return own;
  return flowing(before_example(message_comment(*field.message_type())));
}

std::string first_sentence(std::string_view comment) {
  comment = comment.substr(0, comment.find('\n'));
  for (size_t at = comment.find(". "); at != comment.npos; at = comment.find(". ", at + 1)) {
    // Not "e.g. " and the like.
    if (at >= 2 && comment[at - 2] == '.') continue;
    return std::string(comment.substr(0, at + 1));
  }
  return std::string(comment);
}

}  // namespace weft::reference
