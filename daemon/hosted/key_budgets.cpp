#include "daemon/hosted/key_budgets.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/sha256.hpp"

namespace colony::daemon::hosted {

namespace {

constexpr std::size_t identity_digits = 16;

}  // namespace

KeyIdentity KeyIdentity::of(const core::Secret& key) {
  return KeyIdentity(core::sha256(key.reveal()).to_string().substr(0, identity_digits));
}

std::optional<KeyIdentity> KeyIdentity::parse(std::string_view text) {
  const auto hexadecimal = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (text.size() != identity_digits || !std::ranges::all_of(text, hexadecimal)) return std::nullopt;
  return KeyIdentity(std::string(text));
}

void KeyBudgets::use(const KeyIdentity& key) {
  current_ = key;
  (void)of(key);
}

RateBudget& KeyBudgets::of(const KeyIdentity& key) {
  const auto found = std::ranges::find(entries_, key, &Entry::key);
  if (found != entries_.end()) {
    std::rotate(found, found + 1, entries_.end());
    return entries_.back().budget;
  }
  // The one that was not asked for longest goes, and never the current one.
  if (entries_.size() == most_keys) {
    entries_.erase(
        std::ranges::find_if(entries_, [this](const Entry& entry) { return entry.key != current_; }));
  }
  return entries_.emplace_back(key, RateBudget(limits_)).budget;
}

// "@KEY MINUTE:CALLS ... @KEY MINUTE:CALLS ..."
std::string KeyBudgets::remember(core::BootTime now, core::UtcTime utc) {
  std::string text;
  for (auto& [key, budget] : entries_) {
    const auto spent = budget.remember(now, utc);
    if (!spent.empty()) text += fmt::format("@{} {}", key.text(), spent);
  }
  return text;
}

void KeyBudgets::recall(std::string_view remembered, core::BootTime now, core::UtcTime utc) {
  KeyIdentity key = current_;
  for (;;) {
    const auto at = std::min(remembered.find('@'), remembered.size());
    if (at > 0) of(key).recall(remembered.substr(0, at), now, utc);
    if (at == remembered.size()) return;
    remembered.remove_prefix(at + 1);
    const auto space = std::min(remembered.find(' '), remembered.size());
    // A name that cannot be read may be the current key's: rather one call too few.
    key = KeyIdentity::parse(remembered.substr(0, space)).value_or(current_);
    remembered.remove_prefix(space);
  }
}

}  // namespace colony::daemon::hosted
