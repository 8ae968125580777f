#include "control-plane/store/sqlite_store.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/text.h"
#include "control-plane/store/listeners.h"
#include "control-plane/store/tables.h"

namespace weft::cp {
namespace {

// Writes that one commit takes along.
constexpr size_t kMaxGroup = 256;

Time now() { return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()); }

std::string name_of(const ResourceKey& key) {
  return key.mesh.empty() ? cat(key.type, " ", key.name) : cat(key.type, " ", key.name, " of mesh ", key.mesh);
}

class SqliteStore final : public Store {
 public:
  SqliteStore(std::unique_ptr<Tables> tables, uint64_t revision, const SqliteOptions& options)
      : tables_(std::move(tables)),
        revision_(revision),
        forgotten_(revision),
        max_remembered_(options.max_remembered_changes),
        secrets_(options.secrets),
        writer_([this] { run(); }) {}

  ~SqliteStore() override {
    {
      const std::lock_guard lock(queue_mutex_);
      stopping_ = true;
    }
    queued_.notify_all();
    writer_.join();
  }

  Result<ResourcePtr> get(const ResourceKey& key) const override {
    const std::lock_guard lock(tables_mutex_);
    Result<ResourcePtr> found = tables_->get(key);
    if (found.ok() && *found == nullptr) return not_found(cat("there is no ", name_of(key)));
    return found;
  }

  Result<std::vector<ResourcePtr>> list(std::string_view type, std::string_view mesh) const override {
    const std::lock_guard lock(tables_mutex_);
    return tables_->list(type, mesh);
  }

  Result<std::vector<ResourcePtr>> list_all(uint64_t* revision) const override {
    const std::lock_guard lock(tables_mutex_);
    const Result<uint64_t> current = tables_->revision();
    if (!current.ok()) return current.status();
    *revision = *current;
    return tables_->list("", "");
  }

  Result<uint64_t> write(const std::vector<Write>& writes) override {
    Job job;
    job.writes = &writes;
    for (const Write& write : writes) {
      Result<Columns> columns = Columns{};
      if (write.kind == Write::Kind::kPut) columns = columns_of(write.key, *write.resource, secrets_.get());
      if (!columns.ok()) return columns.status();
      job.columns.push_back(*std::move(columns));
    }
    submit(job);
    return job.result;
  }

  Result<std::shared_ptr<void>> watch(uint64_t from_revision,
                                      std::function<void(const std::vector<Change>&)> watcher) override {
    Job job;
    Result<std::shared_ptr<void>> handle = internal("not run");
    job.run = [&] { handle = add_watcher(from_revision, std::move(watcher)); };
    submit(job);
    return handle;
  }

  uint64_t revision() const override { return revision_; }
  std::string_view name() const override { return "sqlite"; }

 private:
  // What a thread waits for; it lives on that thread's stack.
  struct Job {
    const std::vector<Write>* writes = nullptr;
    std::vector<Columns> columns;
    std::function<void()> run;  // instead of writes
    Result<uint64_t> result = internal("not run");
    bool done = false;
  };

  void submit(Job& job) {
    std::unique_lock lock(queue_mutex_);
    queue_.push_back(&job);
    queued_.notify_one();
    finished_.wait(lock, [&] { return job.done; });
  }

  // The writer thread: whatever waits when it is free is committed together, in the order of asking.
  void run() {
    std::vector<Job*> group;
    while (true) {
      {
        std::unique_lock lock(queue_mutex_);
        for (Job* job : group) job->done = true;
        if (!group.empty()) finished_.notify_all();
        group.clear();
        queued_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
        const size_t count = std::min(queue_.size(), kMaxGroup);
        group.assign(queue_.begin(), queue_.begin() + static_cast<ptrdiff_t>(count));
        queue_.erase(queue_.begin(), queue_.begin() + static_cast<ptrdiff_t>(count));
      }
      commit(group);
      for (Job* job : group) {
        if (job->run) job->run();
      }
    }
  }

  void commit(const std::vector<Job*>& group) {
    std::vector<Change> changes;
    std::vector<Job*> applied;
    uint64_t revision = revision_;
    const Status status = [&] {
      const std::lock_guard lock(tables_mutex_);
      return transact(group, applied, changes, revision);
    }();
    if (!status.ok()) {
      // One write's bytes cannot be told from another's when the disk refuses the commit: none of them was written.
      for (Job* job : applied) job->result = unavailable(cat("the store could not write: ", reason(status)));
      return;
    }
    if (changes.empty()) return;
    revision_ = revision;
    remember(changes);
    watchers_.call(changes);
  }

  Status transact(const std::vector<Job*>& group, std::vector<Job*>& applied, std::vector<Change>& changes,
                  uint64_t& revision) {
    for (Job* job : group) {
      if (job->writes != nullptr) applied.push_back(job);
    }
    if (applied.empty()) return ok();
    Database& database = tables_->database();
    Status status = database.execute("BEGIN IMMEDIATE;");
    if (status.ok()) {
      status = apply_all(applied, changes, revision);
      if (status.ok() && revision != revision_) status = tables_->set_revision(revision);
      if (status.ok()) status = database.execute("COMMIT;");
    }
    if (!status.ok() && database.in_transaction()) (void)database.execute("ROLLBACK;");
    return status;
  }

  // Leaves in `applied` the jobs whose fate is the commit's; a job that broke a condition has its answer and no effect.
  Status apply_all(std::vector<Job*>& applied, std::vector<Change>& changes, uint64_t& revision) {
    Database& database = tables_->database();
    std::vector<Job*> left;
    for (Job* job : applied) {
      if (Status status = database.execute("SAVEPOINT one;"); !status.ok()) return status;
      const size_t before = changes.size();
      const Status status = apply(*job, revision + 1, changes);
      if (!status.ok()) {
        changes.resize(before);
        if (!is_not_found(status) && !is_conflict(status)) return status;
        job->result = status;
        if (Status undone = database.execute("ROLLBACK TO one; RELEASE one;"); !undone.ok()) return undone;
        continue;
      }
      if (Status released = database.execute("RELEASE one;"); !released.ok()) return released;
      // A transaction that only asked leaves the revision as it is.
      if (changes.size() > before) ++revision;
      job->result = revision;
      left.push_back(job);
    }
    applied = std::move(left);
    return ok();
  }

  Status apply(const Job& job, uint64_t revision, std::vector<Change>& changes) {
    for (size_t i = 0; i < job.writes->size(); ++i) {
      const Write& write = (*job.writes)[i];
      if (write.kind == Write::Kind::kDeleteMesh) {
        if (Status status = erase_mesh(write.key.name, revision, changes); !status.ok()) return status;
        continue;
      }
      const Result<std::optional<Tables::Stamp>> stamp = tables_->stamp(write.key);
      if (!stamp.ok()) return stamp.status();
      if (Status status = check(write, *stamp); !status.ok()) return status;
      if (write.kind == Write::Kind::kRequire) continue;
      Change change{revision, write.key, nullptr};
      if (write.kind == Write::Kind::kDelete) {
        if (Status status = tables_->erase(write.key); !status.ok()) return status;
      } else {
        auto stored = std::make_shared<Resource>(*write.resource);
        stored->key = write.key;
        stored->revision = revision;
        stored->modified = now();
        stored->created = stamp->has_value() ? (*stamp)->created : stored->modified;
        if (Status status = tables_->put(*stored, job.columns[i]); !status.ok()) return status;
        change.resource = std::move(stored);
      }
      changes.push_back(std::move(change));
    }
    return ok();
  }

  static Status check(const Write& write, const std::optional<Tables::Stamp>& stamp) {
    const bool must_exist = write.kind != Write::Kind::kPut;
    if (must_exist && !stamp.has_value()) return not_found(cat("there is no ", name_of(write.key)));
    if (!write.expected_revision.has_value()) return ok();
    const uint64_t current = stamp.has_value() ? stamp->revision : 0;
    if (current == *write.expected_revision) return ok();
    return conflict(cat(name_of(write.key), " was changed by somebody else"));
  }

  Status erase_mesh(const std::string& mesh, uint64_t revision, std::vector<Change>& changes) {
    const Result<std::vector<ResourceKey>> keys = tables_->keys_in_mesh(mesh);
    if (!keys.ok()) return keys.status();
    for (const ResourceKey& key : *keys) {
      if (Status status = tables_->erase(key); !status.ok()) return status;
      changes.push_back({revision, key, nullptr});
    }
    return ok();
  }

  // The rest runs on the writer thread and needs no lock.
  void remember(const std::vector<Change>& changes) {
    remembered_.insert(remembered_.end(), changes.begin(), changes.end());
    while (remembered_.size() > max_remembered_) {
      // A revision is forgotten whole or not at all.
      forgotten_ = remembered_.front().revision;
      while (!remembered_.empty() && remembered_.front().revision == forgotten_) remembered_.pop_front();
    }
  }

  Result<std::shared_ptr<void>> add_watcher(uint64_t from, std::function<void(const std::vector<Change>&)> watcher) {
    if (from < forgotten_) return exhausted(cat("changes since revision ", from, " are no longer known"));
    std::vector<Change> missed;
    for (const Change& change : remembered_) {
      if (change.revision > from) missed.push_back(change);
    }
    if (!missed.empty()) watcher(missed);
    return watchers_.add(std::move(watcher));
  }

  mutable std::mutex tables_mutex_;
  std::unique_ptr<Tables> tables_;  // under tables_mutex_
  std::atomic<uint64_t> revision_;

  std::deque<Change> remembered_;
  uint64_t forgotten_;  // the newest revision of which nothing is remembered
  const size_t max_remembered_;
  const std::shared_ptr<SecretBox> secrets_;
  Listeners<const std::vector<Change>&> watchers_;

  std::mutex queue_mutex_;
  std::condition_variable queued_, finished_;
  std::deque<Job*> queue_;  // under queue_mutex_
  bool stopping_ = false;   // under queue_mutex_
  std::thread writer_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path, const SqliteOptions& options) {
  Result<std::unique_ptr<Tables>> tables = Tables::open(path, options);
  if (!tables.ok()) return tables.status();
  const Result<uint64_t> revision = (*tables)->revision();
  if (!revision.ok()) return annotate(revision.status(), cat("open the store ", path));
  return std::make_unique<SqliteStore>(*std::move(tables), *revision, options);
}

}  // namespace weft::cp
