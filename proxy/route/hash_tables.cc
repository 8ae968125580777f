#include "proxy/route/hash_tables.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <numeric>
#include <utility>

#include "base/key_hash.h"

namespace weft::proxy {
namespace {

// What each endpoint of [first, first + count) is to get, 1 in all: its locality's part by weight, of which its own.
std::vector<double> shares_of(const EndpointSet& set, size_t first, size_t count) {
  std::vector<double> shares(count);
  for (size_t i = 0; i < count; ++i) shares[i] = set.endpoints[first + i].weight;
  for (const Locality& locality : set.localities) {
    if (locality.begin < first || locality.end > first + count) continue;
    const auto begin = shares.begin() + static_cast<ptrdiff_t>(locality.begin - first);
    const auto end = shares.begin() + static_cast<ptrdiff_t>(locality.end - first);
    const double own = std::accumulate(begin, end, 0.0);
    for (auto share = begin; share != end && own > 0; ++share) *share *= locality.weight / own;
  }
  const double all = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (double& share : shares) share = all > 0 ? share / all : 1.0 / static_cast<double>(count);
  return shares;
}

// "10.0.0.5:8080_17".
uint64_t point_hash(const BalanceRule& rule, const std::string& address, size_t number) {
  char text[96];
  const size_t size = std::min(address.size(), sizeof text - 24);
  std::memcpy(text, address.data(), size);
  text[size] = '_';
  const char* const end = std::to_chars(text + size + 1, text + sizeof text, number).ptr;
  const std::string_view name(text, static_cast<size_t>(end - text));
  return rule.point_hash == BalanceRule::PointHash::kMurmurHash2 ? murmur_hash2_64(name) : xx_hash64(name);
}

}  // namespace

uint32_t SmallNumbers::at(size_t place) const {
  if (width_ == 1) return bytes_[place];
  if (width_ == 2) return bytes_[2 * place] | static_cast<uint32_t>(bytes_[2 * place + 1]) << 8;
  uint32_t number = 0;
  std::memcpy(&number, bytes_.data() + 4 * place, 4);
  return number;
}

void SmallNumbers::set(size_t place, uint32_t number) { std::memcpy(bytes_.data() + place * width_, &number, width_); }

size_t HashTables::Table::place_of(uint64_t hash) const {
  if (points.empty()) return hash % owners.size();
  const auto point = std::lower_bound(points.begin(), points.end(), hash);
  return point == points.end() ? 0 : static_cast<size_t>(point - points.begin());
}

HashTables::HashTables(const EndpointSet& set, const BalanceRule& rule) {
  size_t first = 0;
  const auto add = [&](size_t end) {
    Table& table = tables_.emplace_back();
    table.first = std::exchange(first, end);
    table.count = end - table.first;
    if (table.count == 0) return;
    const std::vector<double> shares = shares_of(set, table.first, table.count);
    const bool ring = rule.algorithm == BalanceRule::Algorithm::kRingHash;
    ring ? fill_ring(set, rule, shares, table) : fill_maglev(set, rule, shares, table);
  };
  for (size_t i = 0; i + 1 < set.localities.size(); ++i) {
    if (set.localities[i].priority != set.localities[i + 1].priority) add(set.localities[i].end);
  }
  add(set.endpoints.size());
}

// So many points that the least of them gets a power of two: then the points of all the others stay where they are when
// one comes or goes, until there are twice or half as many.
void HashTables::fill_ring(const EndpointSet& set, const BalanceRule& rule, const std::vector<double>& shares,
                           Table& table) {
  const double least = *std::min_element(shares.begin(), shares.end());
  const double most = std::min<double>(rule.max_ring_size, kMaxPoints);
  const auto of_least = static_cast<uint32_t>(std::ceil(least * rule.min_ring_size - 1e-6));
  const double wanted = least > 0 ? std::bit_ceil(of_least) / least : rule.min_ring_size;
  const double size = std::min(wanted, most);
  std::vector<std::pair<uint64_t, uint32_t>> ring;
  ring.reserve(static_cast<size_t>(size) + 1);
  double due = 0;  // points that those so far are to have together
  for (size_t i = 0; i < table.count; ++i) {
    due += size * shares[i];
    const std::string address = set.endpoints[table.first + i].address.text();
    for (size_t number = 0; static_cast<double>(ring.size()) + 1e-6 < due; ++number) {
      ring.emplace_back(point_hash(rule, address, number), static_cast<uint32_t>(i));
    }
  }
  std::sort(ring.begin(), ring.end());
  table.points.reserve(ring.size());
  table.owners = SmallNumbers(ring.size(), table.count);
  for (size_t place = 0; place < ring.size(); ++place) {
    table.points.push_back(ring[place].first);
    table.owners.set(place, ring[place].second);
  }
}

// "Maglev: A Fast and Reliable Software Network Load Balancer", section 3.4. Each endpoint goes through the places in
// an order of its own and takes the first free one when it is its turn; turns come by weight.
void HashTables::fill_maglev(const EndpointSet& set, const BalanceRule& rule, const std::vector<double>& shares,
                             Table& table) {
  struct Applicant {
    uint64_t place;
    uint64_t step;
    double due = 0;
  };
  const uint64_t size = rule.table_size;
  std::vector<Applicant> applicants;
  for (size_t i = 0; i < table.count; ++i) {
    const std::string address = set.endpoints[table.first + i].address.text();
    applicants.push_back({xx_hash64(address) % size, size > 1 ? xx_hash64(address, 1) % (size - 1) + 1 : 1});
  }
  const double most = *std::max_element(shares.begin(), shares.end());
  std::vector<bool> taken(size);
  table.owners = SmallNumbers(size, table.count);
  uint64_t filled = 0;
  for (uint64_t round = 1; filled < size; ++round) {
    for (size_t i = 0; i < table.count && filled < size; ++i) {
      Applicant& applicant = applicants[i];
      if (static_cast<double>(round) * shares[i] < applicant.due) continue;
      applicant.due += most;
      while (taken[applicant.place]) applicant.place = (applicant.place + applicant.step) % size;
      taken[applicant.place] = true;
      table.owners.set(applicant.place, static_cast<uint32_t>(i));
      ++filled;
    }
  }
}

size_t HashTables::memory() const {
  size_t bytes = 0;
  for (const Table& table : tables_) bytes += table.points.capacity() * sizeof(uint64_t) + table.owners.memory();
  return bytes;
}

std::shared_ptr<const HashTables> make_hash_tables(const EndpointSet& set, const BalanceRule* rule) {
  if (rule == nullptr || !rule->hashes()) return nullptr;
  return std::make_shared<const HashTables>(set, *rule);
}

bool same_tables(const BalanceRule* a, const BalanceRule* b) {
  if (a == nullptr || b == nullptr || a->algorithm != b->algorithm) return false;
  if (a->algorithm == BalanceRule::Algorithm::kMaglev) return a->table_size == b->table_size;
  return a->point_hash == b->point_hash && a->min_ring_size == b->min_ring_size && a->max_ring_size == b->max_ring_size;
}

}  // namespace weft::proxy
