#include "daemon/keys/scopes.hpp"

#include <array>

namespace colony::daemon::keys {

namespace {

constexpr std::array all_scopes{Scope::read, Scope::operate, Scope::wipe, Scope::admin};
constexpr std::array all_roles{Role::admin, Role::operator_, Role::viewer, Role::service};

}  // namespace

std::string_view name(Scope scope) {
  switch (scope) {
    case Scope::read: return "read";
    case Scope::operate: return "operate";
    case Scope::wipe: return "wipe";
    case Scope::admin: return "admin";
  }
  return "read";
}

std::optional<Scopes> Scopes::parse(std::string_view text) {
  Scopes out;
  for (;;) {
    const auto comma = text.find(',');
    const auto word = text.substr(0, comma);
    bool known = false;
    for (const auto scope : all_scopes) {
      if (name(scope) != word) continue;
      out.bits_ |= bit(scope);
      known = true;
    }
    if (!known) return std::nullopt;
    if (comma == std::string_view::npos) return out;
    text.remove_prefix(comma + 1);
  }
}

std::string Scopes::to_string() const {
  std::string out;
  for (const auto scope : all_scopes) {
    if (contains(scope)) out.append(out.empty() ? "" : ",").append(name(scope));
  }
  return out;
}

std::string_view name(Role role) {
  switch (role) {
    case Role::admin: return "admin";
    case Role::operator_: return "operator";
    case Role::viewer: return "viewer";
    case Role::service: return "service";
  }
  return "viewer";
}

std::optional<Role> parse_role(std::string_view text) {
  for (const auto role : all_roles) {
    if (name(role) == text) return role;
  }
  return std::nullopt;
}

Scopes scopes_of(Role role) {
  switch (role) {
    case Role::admin: return Scopes::of({Scope::read, Scope::operate, Scope::wipe, Scope::admin});
    case Role::operator_:
    case Role::service: return Scopes::of({Scope::read, Scope::operate, Scope::wipe});
    case Role::viewer: return Scopes::of({Scope::read});
  }
  return {};
}

}  // namespace colony::daemon::keys
