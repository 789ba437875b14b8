#include "daemon/keys/access.hpp"

#include <array>
#include <cassert>

#include <fmt/format.h>

#include "daemon/keys/password.hpp"

namespace colony::daemon::keys {

using core::Result;
using core::Task;

namespace {

using namespace std::chrono_literals;

constexpr core::Duration between_writes = 1min;
/// 32 MiB and a tenth of a second of a core each.
constexpr unsigned most_comparisons = 4;
/// Far more than a person mistypes, far less than a guess needs.
constexpr core::AttemptRate failure_rate{20, 3s};

}  // namespace

/// Counts a comparison or a commit as long as it is under way.
class Access::Slot {
 public:
  explicit Slot(unsigned& count) : count_(count) { ++count_; }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  ~Slot() { --count_; }

 private:
  unsigned& count_;
};

Access::Access(AccessParts parts) : parts_(parts), failures_(failure_rate), tasks_(parts.timers) {}
Access::~Access() = default;

Task<Result<>> Access::open() {
  auto stored = co_await parts_.store.load_access();
  if (!stored) co_return std::unexpected(stored.error());
  if (stored->hash_key.empty()) {
    std::array<core::Byte, 32> bytes{};
    parts_.random.fill(bytes);
    stored->hash_key = core::Secret(core::as_text(bytes));
    core::wipe_memory(bytes.data(), bytes.size());
    AccessChange change;
    change.hash_key = stored->hash_key.clone();
    if (auto kept = co_await parts_.store.commit_access(std::move(change)); !kept) co_return kept;
  }
  ring_ = std::make_unique<KeyRing>(std::move(*stored));
  tasks_.spawn("keys.uses", write_uses());
  co_return Result<>{};
}

Task<> Access::stop() {
  tasks_.cancel();
  co_await tasks_.join();
  if (!ring_) co_return;
  auto uses = ring_->take_used();
  if (!uses.empty()) (void)co_await parts_.store.commit_access(std::move(uses));
}

Task<> Access::write_uses() {
  for (;;) {
    co_await parts_.timers.sleep_for(between_writes);
    auto uses = ring_->take_used();
    if (uses.empty()) continue;
    const auto kept = co_await parts_.store.commit_access(std::move(uses));
    if (!kept) {
      parts_.log.warn("keys.uses_unwritten", "When keys were used could not be written",
                      {{"code", kept.error().code}});
    }
  }
}

Task<Result<>> Access::commit(AccessChange change) {
  Result<> kept;
  {
    const Slot slot(committing_);
    kept = co_await parts_.store.commit_access(std::move(change));
  }
  if (!kept) ahead_ = true;
  if (ahead_) co_await put_back();
  co_return kept;
}

/// Memory was ahead of the disk. It still is by the changes of others that are under way, and what they
/// revoked must not count again meanwhile: then the last of them puts it back.
Task<> Access::put_back() {
  while (committing_ == 0) {
    const auto revision = ring_->revision();
    auto stored = co_await parts_.store.load_access();
    if (!stored) co_return;  // the store is finished, and the daemon ends with it
    if (committing_ != 0 || ring_->revision() != revision) continue;
    ring_->replace(std::move(*stored));
    ahead_ = false;
    co_return;
  }
}

Task<Result<std::string>> Access::hash_password(core::Secret password) {
  if (auto fine = check_new_password(password.reveal()); !fine) co_return std::unexpected(fine.error());
  if (comparing_ >= most_comparisons) {
    co_return core::fail(core::ErrorKind::exhausted, "login.busy",
                         "many passwords are compared at this moment: try again");
  }
  const Slot slot(comparing_);
  core::Bytes salt(salt_bytes);
  parts_.random.fill(salt);
  const auto shared = std::make_shared<core::Secret>(std::move(password));
  co_return co_await parts_.pool.run<std::string>(parts_.timers, [shared, salt = std::move(salt)] {
    return keys::hash_password(shared->reveal(), salt);
  });
}

Task<std::expected<Compared, Access::LoginRefusal>> Access::compare_password(Attempt attempt,
                                                                             core::Secret password) {
  if (comparing_ >= most_comparisons) {
    co_return std::unexpected(
        LoginRefusal{{"login.busy", "many passwords are compared at this moment: try again"}, {}, true, {}});
  }
  const Slot slot(comparing_);
  if (const auto wait = ring_->begin_login(attempt, parts_.timers.now())) {
    co_return std::unexpected(
        LoginRefusal{{"login.too_many", "too many attempts to log in as this user"}, wait, false, {}});
  }
  const auto shared = std::make_shared<core::Secret>(std::move(password));
  Compared compared{ring_->password_hash_of(attempt.name)};
  compared.fits = co_await parts_.pool.run<bool>(
      parts_.timers, [shared, stored = compared.hash] { return verify_password(shared->reveal(), stored); });
  co_return compared;
}

Task<std::expected<Session, Access::LoginRefusal>> Access::log_in(Login login) {
  const Attempt attempt{login.name, login.from};
  const auto compared = co_await compare_password(attempt, std::move(login.password));
  if (!compared) co_return std::unexpected(compared.error());
  auto session = ring_->finish_login(attempt, *compared, login.code, now(), parts_.random);
  if (!session) co_return std::unexpected(LoginRefusal{std::move(session.error()), {}, false, {}});
  if (!session->change.empty()) {
    if (auto kept = co_await commit(std::move(session->change)); !kept) {
      ring_->log_out(session->value.caller);
      co_return std::unexpected(LoginRefusal{{}, {}, false, std::move(kept.error())});
    }
  }
  co_return std::move(session->value);
}

std::optional<core::Duration> Access::failure_wait(core::Ipv4Address from) const {
  return failures_.wait(from, parts_.timers.now());
}

void Access::count_failure(core::Ipv4Address from) {
  failures_.count(from, parts_.timers.now());
}

}  // namespace colony::daemon::keys
