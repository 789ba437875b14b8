#pragma once
// A ring with an administrator at the socket, and what it takes to use it.

#include "daemon/keys/key_ring.hpp"
#include "daemon/keys/password.hpp"

namespace colony::daemon::keys::test {

struct Ring {
  Ring() {
    AccessSnapshot stored;
    stored.hash_key = core::Secret("the key of the hashes");
    ring.emplace(std::move(stored));
  }
  [[nodiscard]] Now now() const {
    return {core::BootTime(std::chrono::hours(1)) + passed, start + passed_ms()};
  }
  [[nodiscard]] core::UtcTime utc() const { return now().utc; }
  [[nodiscard]] std::chrono::milliseconds passed_ms() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(passed);
  }
  void pass(core::Duration time) { passed += time; }
  NewKeyText make(const Caller& caller, const NewKey& wish) {
    auto made = ring->create_key(caller, wish, utc(), random);
    if (!made) throw std::runtime_error(made.error().message);
    return std::move(made->value);
  }
  void add_user(const std::string& name, Role role, std::string hash = {}) {
    if (!ring->create_user(admin, {name, "", std::move(hash), role}, utc())) throw std::runtime_error(name);
  }
  auto try_key(const core::Secret& text) { return ring->authenticate(text.reveal(), "10.0.0.9", now()); }
  std::string code_of(const core::Secret& text) {
    const auto caller = try_key(text);
    return caller ? "" : caller.error().code;
  }

  core::SeededRandom random{1};
  core::UtcTime start = *core::parse_utc("2026-11-20T18:00:00Z");
  core::Duration passed{};
  std::optional<KeyRing> ring;
  Caller admin = KeyRing::socket_caller(0);
};

}  // namespace colony::daemon::keys::test
