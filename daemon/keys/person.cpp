#include "daemon/keys/person.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace colony::daemon::keys {

namespace {

constexpr std::string_view uid_prefix = "uid ";

/// Of Caller::to_string(): "key ID of USER" is USER.
std::string_view maker(std::string_view made_by) {
  constexpr std::string_view key_prefix = "key ";
  constexpr std::string_view owner_mark = " of ";
  if (!made_by.starts_with(key_prefix)) return made_by;
  const auto at = made_by.find(owner_mark);
  return at == std::string_view::npos ? KeyRing::built_in_user : made_by.substr(at + owner_mark.size());
}

bool may_be_one(std::string_view a, std::string_view b) {
  return a == b || (a == KeyRing::built_in_user && b.starts_with(uid_prefix)) ||
         (b == KeyRing::built_in_user && a.starts_with(uid_prefix));
}

}  // namespace

Persons persons_of(const Caller& caller) {
  switch (caller.through) {
    case Caller::Through::nobody: return {};
    case Caller::Through::socket: return {fmt::format("{}{}", uid_prefix, caller.uid)};
    case Caller::Through::login: return {caller.user};
    case Caller::Through::key: break;
  }
  Persons out{caller.user};
  if (const auto other = maker(caller.key_made_by); !other.empty() && other != caller.user)
    out.emplace_back(other);
  return out;
}

bool share_a_person(const Persons& some, const Persons& others) {
  return std::ranges::any_of(some, [&](const std::string& one) {
    return std::ranges::any_of(others, [&](const std::string& other) { return may_be_one(one, other); });
  });
}

}  // namespace colony::daemon::keys
