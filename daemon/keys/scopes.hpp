#pragma once
// What a caller of the local API may do. Four scopes, small on purpose; a key has some of those that its
// owner's role has, and never more: roles are looked at on every request, so a changed role counts at once.

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace colony::daemon::keys {

enum class Scope : std::uint8_t {
  read,     // look at anything but keys and users of others
  operate,  // enrol, accept, discover, provision, power, consoles, cancel
  wipe,     // erase disks
  admin,    // keys and users of others, the audit log
};
[[nodiscard]] std::string_view name(Scope scope);

class Scopes {
 public:
  constexpr Scopes() = default;
  [[nodiscard]] static constexpr Scopes of(std::initializer_list<Scope> scopes) {
    Scopes out;
    for (const auto scope : scopes) out.bits_ |= bit(scope);
    return out;
  }
  /// "read,wipe": at least one, each known, in any order.
  [[nodiscard]] static std::optional<Scopes> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] constexpr bool contains(Scope scope) const { return (bits_ & bit(scope)) != 0; }
  [[nodiscard]] constexpr bool within(Scopes other) const { return (bits_ & ~other.bits_) == 0; }
  [[nodiscard]] constexpr Scopes both(Scopes other) const {
    Scopes out;
    out.bits_ = bits_ & other.bits_;
    return out;
  }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  friend bool operator==(const Scopes&, const Scopes&) = default;

 private:
  static constexpr std::uint8_t bit(Scope scope) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(scope));
  }
  std::uint8_t bits_ = 0;
};

enum class Role : std::uint8_t {
  admin,      // every scope
  operator_,  // read, operate, wipe
  viewer,     // read
  service,    // read, operate, wipe; a machine's: no password, only keys
};
[[nodiscard]] std::string_view name(Role role);
[[nodiscard]] std::optional<Role> parse_role(std::string_view text);
[[nodiscard]] Scopes scopes_of(Role role);

}  // namespace colony::daemon::keys
