#pragma once
// The key ring with its store: who is let in, and every change of users and keys on disk before it is
// answered. When a key was used is written once a minute, not once a request: a crash forgets a minute of it.

#include <functional>
#include <memory>

#include "core/address.hpp"
#include "core/async/blocking_pool.hpp"
#include "core/async/task_group.hpp"
#include "core/log.hpp"
#include "daemon/keys/access_store.hpp"
#include "daemon/keys/key_ring.hpp"

namespace colony::daemon::keys {

struct AccessParts {
  core::Timers& timers;
  core::Random& random;
  core::Log& log;
  core::BlockingPool& pool;
  AccessStore& store;
};

class Access {
 public:
  explicit Access(AccessParts parts);
  Access(const Access&) = delete;
  Access& operator=(const Access&) = delete;
  ~Access();

  /// Reads what is stored; makes the key of the hashes at the first start. Before anything else.
  [[nodiscard]] core::Task<core::Result<>> open();
  /// Writes down what is not yet.
  [[nodiscard]] core::Task<> stop();

  [[nodiscard]] KeyRing& ring() { return *ring_; }
  [[nodiscard]] Now now() const { return {parts_.timers.now(), parts_.timers.utc_now()}; }
  [[nodiscard]] core::Random& random() { return parts_.random; }
  [[nodiscard]] core::Timers& timers() { return parts_.timers; }
  [[nodiscard]] AccessStore& store() { return parts_.store; }

  /// Makes a change of the ring's durable; when that fails the ring is as the store has it as soon as no
  /// commit is under way.
  [[nodiscard]] core::Task<core::Result<>> commit(AccessChange change);

  /// Errors: user.password; login.busy (exhausted) while many passwords are compared already.
  [[nodiscard]] core::Task<core::Result<std::string>> hash_password(core::Secret password);
  struct Login {
    std::string name;
    core::Secret password;
    std::string code;
    std::string from = {};  // an address, or "socket"
  };
  struct LoginRefusal {
    Refusal refusal;
    std::optional<core::Duration> wait;  // too many attempts
    bool busy = false;
    std::optional<core::Error> failure;
  };
  [[nodiscard]] core::Task<std::expected<Session, LoginRefusal>> log_in(Login login);
  /// The password only, counted as an attempt to log in.
  [[nodiscard]] core::Task<std::expected<Compared, LoginRefusal>> compare_password(Attempt attempt,
                                                                                   core::Secret password);

  /// Failed authentications, by source address.
  [[nodiscard]] std::optional<core::Duration> failure_wait(core::Ipv4Address from) const;
  void count_failure(core::Ipv4Address from);

 private:
  class Slot;
  [[nodiscard]] core::Task<> write_uses();
  [[nodiscard]] core::Task<> put_back();

  AccessParts parts_;
  std::unique_ptr<KeyRing> ring_;  // from open() on
  core::AttemptLimit<core::Ipv4Address> failures_;
  unsigned comparing_ = 0;
  unsigned committing_ = 0;
  bool ahead_ = false;  // memory has a change that the store refused
  core::TaskGroup tasks_;
};

}  // namespace colony::daemon::keys
