// What a backend carries for those who choose one of its instances: made anew, or taken over from the version of its
// destination that was in use until now. Pure functions, control thread.
#pragma once

#include <memory>

#include "proxy/route/route.h"

namespace weft::proxy {

// `before` may be null. A table costs a millisecond to make and stays while the endpoints do.
std::shared_ptr<const HashTables> tables_of(const Plan& plan, const std::shared_ptr<const EndpointSet>& set,
                                            const Destination* before);
// What is known of an instance outlives a change of the others; another rule begins anew.
std::shared_ptr<const OutlierBoard> outliers_of(const Plan& plan, const std::shared_ptr<const EndpointSet>& set,
                                                const Destination* before);

}  // namespace weft::proxy
