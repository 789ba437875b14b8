#include "daemon/keys/rows.hpp"

namespace colony::daemon::keys {

UserRow UserRow::clone() const {
  UserRow out;
  out.name = name;
  out.role = role;
  out.description = description;
  out.password_hash = password_hash;
  out.totp_secret = totp_secret.clone();
  out.totp_confirmed = totp_confirmed;
  out.totp_last_step = totp_last_step;
  out.disabled = disabled;
  out.created_by = created_by;
  out.created_at = created_at;
  return out;
}

std::string_view name(KeyStatus status) {
  switch (status) {
    case KeyStatus::active: return "active";
    case KeyStatus::revoked: return "revoked";
    case KeyStatus::expired: return "expired";
  }
  return "revoked";
}

KeyStatus status_of(const KeyRow& key, core::UtcTime now) {
  if (key.revoked_at) return KeyStatus::revoked;
  return key.expires_at && *key.expires_at <= now ? KeyStatus::expired : KeyStatus::active;
}

}  // namespace colony::daemon::keys
