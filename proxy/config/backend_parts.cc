#include "proxy/config/backend_parts.h"

#include "proxy/route/hash_tables.h"
#include "proxy/route/outlier_board.h"

namespace weft::proxy {

std::shared_ptr<const HashTables> tables_of(const Plan& plan, const std::shared_ptr<const EndpointSet>& set,
                                            const Destination* before) {
  if (plan.balance == nullptr || before == nullptr) return make_hash_tables(*set, plan.balance);
  for (const Route& route : before->routes) {
    if (!same_tables(route.plan.balance, plan.balance)) continue;
    for (const Backend& backend : route.backends) {
      if (backend.endpoints == set) return backend.tables;
    }
  }
  return make_hash_tables(*set, plan.balance);
}

std::shared_ptr<const OutlierBoard> outliers_of(const Plan& plan, const std::shared_ptr<const EndpointSet>& set,
                                                const Destination* before) {
  if (plan.outliers == nullptr || before == nullptr) return make_outlier_board(plan, *set, nullptr);
  for (const Route& route : before->routes) {
    for (const Backend& backend : route.backends) {
      const bool same = backend.outliers != nullptr && backend.outliers->rule() == *plan.outliers &&
                        backend.endpoints->name == set->name;
      if (same && backend.endpoints == set) return backend.outliers;
      if (same) return make_outlier_board(plan, *set, backend.outliers.get());
    }
  }
  return make_outlier_board(plan, *set, nullptr);
}

}  // namespace weft::proxy
