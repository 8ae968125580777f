// weft-bench-rules: what the engine costs in a large mesh, without streams and without a store. Prints one JSON object.
#include <time.h>

#include <cstdio>
#include <vector>

#include "base/document/json_writer.h"
#include "base/flags.h"
#include "base/text.h"
#include "control-plane/engine/compile_proxy.h"
#include "control-plane/engine/effective_rules.h"
#include "tools/bench/rules/made_mesh.h"

namespace weft::bench {
namespace {

// CPU time of this thread: nothing here waits for anything, so on an idle machine it is the time that passes.
double thread_ms() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

template <typename Work>
double milliseconds(Work&& work) {
  const double begin = thread_ms();
  work();
  return thread_ms() - begin;
}

void write_samples(JsonWriter& out, std::string_view name, const std::vector<double>& samples) {
  out.key(name);
  out.begin_list();
  for (const double sample : samples) out.number(sample);
  out.end_list();
}

// Effective rules of one proxy after the other, nothing changing.
std::vector<double> warm_rules(const cp::World& world, const MeshSize& size, int rounds, cp::RuleIndexes& indexes) {
  std::vector<double> samples;
  for (int i = 0; i < rounds; ++i) {
    const cp::ResourceKey key = dataplane_key(i * 13 % size.dataplanes);
    samples.push_back(milliseconds([&] { return cp::effective_rules(world, key, indexes).ok(); }));
  }
  return samples;
}

struct Changes {
  std::vector<double> rules_ms;    // effective rules of one proxy, right after the change
  std::vector<double> compile_ms;  // all proxies brought up to date
  uint64_t recompiled = 0;         // proxies, in all changes together
};

Changes change_a_policy(cp::WorldPtr world, const MeshSize& size, int rounds, cp::RuleIndexes& indexes,
                        cp::Memo& memo) {
  Changes out;
  const auto compile_all = [&] {
    for (int i = 0; i < size.dataplanes; ++i) cp::compile_proxy(*world, dataplane_key(i), memo).IgnoreError();
  };
  const auto put = [&](int seconds) {
    const cp::ResourcePtr policy = narrow_policy(0, seconds);
    world = world->with({{world->revision() + 1, policy->key, policy}});
  };
  put(1);
  compile_all();
  const uint64_t before = memo.counters().proxies;
  for (int i = 0; i < rounds; ++i) {
    put(i + 2);
    out.rules_ms.push_back(milliseconds([&] { return cp::effective_rules(*world, dataplane_key(0), indexes).ok(); }));
    out.compile_ms.push_back(milliseconds(compile_all));
  }
  out.recompiled = memo.counters().proxies - before;
  return out;
}

std::string measure(const MeshSize& size, int rounds) {
  cp::WorldPtr world;
  const double made_ms = milliseconds([&] { world = make_world(size); });
  cp::RuleIndexes indexes;
  cp::Memo memo;
  const double first_ms = milliseconds([&] { return cp::effective_rules(*world, dataplane_key(0), indexes).ok(); });
  const std::vector<double> warm = warm_rules(*world, size, rounds, indexes);
  const double cold_compile_ms = milliseconds([&] {
    for (int i = 0; i < size.dataplanes; ++i) cp::compile_proxy(*world, dataplane_key(i), memo).IgnoreError();
  });
  const Changes changes = change_a_policy(world, size, rounds / 10 + 1, indexes, memo);
  JsonWriter out(JsonWriter::Style::kCompact);
  out.begin_object();
  out.key("made_ms");
  out.number(made_ms);
  out.key("first_rules_ms");
  out.number(first_ms);
  write_samples(out, "warm_rules_ms", warm);
  out.key("compile_all_ms");
  out.number(cold_compile_ms);
  write_samples(out, "changed_rules_ms", changes.rules_ms);
  write_samples(out, "changed_compile_ms", changes.compile_ms);
  out.key("changes");
  out.number(changes.compile_ms.size());
  out.key("recompiled");
  out.number(changes.recompiled);
  out.end_object();
  return out.take();
}

}  // namespace
}  // namespace weft::bench

int main(int argc, char** argv) {
  weft::bench::MeshSize size;
  int rounds = 500;
  weft::Flags flags;
  flags.add("services", 0, "N", "MeshServices", &size.services);
  flags.add("dataplanes", 0, "N", "Dataplanes", &size.dataplanes);
  flags.add("policies", 0, "N", "policies, half MeshTimeout, half MeshRetry", &size.policies);
  flags.add("rounds", 0, "N", "proxies asked about", &rounds);
  const auto rest = flags.parse(std::vector<std::string>(argv + 1, argv + argc));
  if (!rest.ok() || !rest->empty()) {
    const std::string text = rest.ok() ? flags.help() : weft::reason(rest.status()) + "\n";
    std::fwrite(text.data(), 1, text.size(), stderr);
    return 2;
  }
  const std::string text = weft::bench::measure(size, rounds) + "\n";
  std::fwrite(text.data(), 1, text.size(), stdout);
  return 0;
}
