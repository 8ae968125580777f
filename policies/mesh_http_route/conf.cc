#include "policies/mesh_http_route/conf.h"

#include "base/document/json_writer.h"
#include "base/hash.h"

namespace weft::mesh_http_route {
namespace {

using google::protobuf::Message;

void write_test(JsonWriter& out, const std::string& type, const std::string& name) {
  out.begin_object();
  if (!type.empty()) out.member("type", type);
  out.member("name", name);
}

void write_match(JsonWriter& out, const v1::HttpRouteMatch& match) {
  out.begin_object();
  if (match.has_path()) {
    out.key("path");
    out.begin_object();
    out.member("value", match.path().value());
    out.member("type", match.path().type());
    out.end_object();
  }
  if (!match.method().empty()) out.member("method", match.method());
  if (!match.query_params().empty()) {
    out.key("queryParams");
    out.begin_list();
    for (const v1::HttpRouteMatch::QueryParam& param : match.query_params()) {
      write_test(out, param.type(), param.name());
      out.member("value", param.value());
      out.end_object();
    }
    out.end_list();
  }
  if (!match.headers().empty()) {
    out.key("headers");
    out.begin_list();
    for (const v1::HeaderMatch& header : match.headers()) {
      write_test(out, header.type(), header.name());
      if (!header.value().empty()) out.member("value", header.value());
      out.end_object();
    }
    out.end_list();
  }
  out.end_object();
}

// Go writes these characters as escapes wherever they stand; in JSON that is inside of texts only.
std::string with_escapes(const std::string& json) {
  std::string out;
  for (const char c : json) {
    switch (c) {
      case '<': out += "\\u003c"; break;
      case '>': out += "\\u003e"; break;
      case '&': out += "\\u0026"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace

std::shared_ptr<const Message> conf_of_item(const Message& item) {
  const auto& to = static_cast<const v1::MeshHTTPRoute::To&>(item);
  auto conf = std::make_shared<v1::MeshHTTPRouteConf>();
  *conf->mutable_rules() = to.rules();
  *conf->mutable_hostnames() = to.hostnames();
  return conf;
}

std::string match_hash(const google::protobuf::RepeatedPtrField<v1::HttpRouteMatch>& matches) {
  JsonWriter out(JsonWriter::Style::kCompact);
  out.begin_list();
  for (const v1::HttpRouteMatch& match : matches) write_match(out, match);
  out.end_list();
  return sha256_base64(with_escapes(out.take()));
}

std::vector<std::string> match_hashes(const Message& conf) {
  std::vector<std::string> hashes;
  for (const v1::MeshHTTPRouteRule& rule : static_cast<const v1::MeshHTTPRouteConf&>(conf).rules())
    hashes.push_back(match_hash(rule.matches()));
  return hashes;
}

}  // namespace weft::mesh_http_route
