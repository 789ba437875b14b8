#pragma once
// A budget for each API key: the documented limits are a key's. While a key is replaced there are two of
// them, and calls made with the new one, to prove it, are the new one's. Keys are known by a digest, which
// may be written down and logged; the key itself is not here.

#include <string>
#include <string_view>
#include <vector>

#include "core/secret.hpp"
#include "daemon/hosted/rate_budget.hpp"

namespace colony::daemon::hosted {

class KeyIdentity {
 public:
  /// The first 8 octets of the key's SHA-256.
  [[nodiscard]] static KeyIdentity of(const core::Secret& key);
  /// 16 hexadecimal digits, as text() gives them.
  [[nodiscard]] static std::optional<KeyIdentity> parse(std::string_view text);
  KeyIdentity() = default;  // of no key
  [[nodiscard]] const std::string& text() const { return text_; }
  bool operator==(const KeyIdentity&) const = default;

 private:
  explicit KeyIdentity(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

class KeyBudgets {
 public:
  explicit KeyBudgets(RateLimits limits) : limits_(limits) {}

  /// Calls are made with this key from now on.
  void use(const KeyIdentity& key);
  [[nodiscard]] const KeyIdentity& current_key() const { return current_; }
  [[nodiscard]] RateBudget& current() { return of(current_); }
  /// Made when it is asked for first. The reference lasts until another key is asked for.
  [[nodiscard]] RateBudget& of(const KeyIdentity& key);

  /// What was spent in the last hour, by key, for a later run.
  [[nodiscard]] std::string remember(core::BootTime now, core::UtcTime utc);
  /// Takes up what an earlier run remembered. Calls without a key, which earlier versions wrote, count for
  /// the current one.
  void recall(std::string_view remembered, core::BootTime now, core::UtcTime utc);

 private:
  struct Entry {
    KeyIdentity key;
    RateBudget budget;
  };
  static constexpr std::size_t most_keys = 8;
  RateLimits limits_;
  KeyIdentity current_;
  std::vector<Entry> entries_;  // the one asked for last comes last
};

}  // namespace colony::daemon::hosted
