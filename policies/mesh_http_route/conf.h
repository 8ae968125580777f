// What one to-item of a MeshHTTPRoute says: its rules, which are merged with those of other routes by their matches;
// and the name of a rule, which is the hash of its matches. Pure functions, any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <google/protobuf/message.h>

#include "weft/v1/mesh_http_route.pb.h"

namespace weft::mesh_http_route {

// `item` is a MeshHTTPRoute.To; the result a MeshHTTPRouteConf.
std::shared_ptr<const google::protobuf::Message> conf_of_item(const google::protobuf::Message& item);

// Base64 of SHA-256 of the matches as JSON: keys in the order of the schema's first version, what is absent left out.
std::string match_hash(const google::protobuf::RepeatedPtrField<v1::HttpRouteMatch>& matches);

// `conf` is a MeshHTTPRouteConf: the hash of each rule.
std::vector<std::string> match_hashes(const google::protobuf::Message& conf);

}  // namespace weft::mesh_http_route
