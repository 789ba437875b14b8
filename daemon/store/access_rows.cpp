#include "daemon/store/access_rows.hpp"

#include <array>

namespace colony::daemon::store {

using keys::AuditRow;
using keys::KeyRow;
using keys::UserRow;

namespace {

constexpr std::array<std::string_view, 10> user_columns{
    "name",           "role",           "description", "password_hash", "totp_sealed",
    "totp_confirmed", "totp_last_step", "disabled",    "created_by",    "created_at"};
constexpr std::array<std::string_view, 13> key_columns{
    "id",         "hash",       "name",       "description",  "owner",          "created_by", "scopes",
    "created_at", "expires_at", "revoked_at", "last_used_at", "last_used_from", "replaces"};
constexpr std::array<std::string_view, 7> audit_columns{"at",      "who",    "source",    "act",
                                                        "subject", "status", "request_id"};

std::string totp_place(std::string_view user) {
  return "users.totp_sealed:" + std::string(user);
}

Cell optional_cell(const std::optional<core::UtcTime>& time) {
  return time ? cell(*time) : Cell{};
}

std::optional<core::UtcTime> optional_time(CellReader& in) {
  if (!in.next_is_null()) return in.time();
  in.skip();
  return std::nullopt;
}

}  // namespace

const Table users_table{"users", user_columns, 1};
const Table api_keys_table{"api_keys", key_columns, 1};
const Table audit_table{"audit", audit_columns, 0};

Cells encode(const UserRow& row, const Sealer& sealer) {
  return {
      row.name,
      std::string(name(row.role)),
      row.description,
      row.password_hash,
      row.totp_secret.empty() ? core::Bytes{} : sealer.seal(row.totp_secret.reveal(), totp_place(row.name)),
      std::int64_t{row.totp_confirmed},
      cell(row.totp_last_step),
      std::int64_t{row.disabled},
      row.created_by,
      cell(row.created_at)};
}

core::Result<UserRow> decode_user(const Cells& cells, const Sealer& sealer) {
  CellReader in(cells);
  UserRow row;
  row.name = in.text();
  row.role = in.parsed(keys::parse_role);
  row.description = in.text();
  row.password_hash = in.text();
  const auto sealed = in.blob();
  row.totp_confirmed = in.flag();
  row.totp_last_step = in.ordinal();
  row.disabled = in.flag();
  row.created_by = in.text();
  row.created_at = in.time();
  if (!in.complete()) return unreadable_row(users_table, cells);
  if (sealed.empty()) return row;
  auto secret = sealer.unseal(sealed, totp_place(row.name));
  if (!secret) return std::unexpected(std::move(secret.error()));
  row.totp_secret = std::move(*secret);
  return row;
}

Cells encode(const KeyRow& row) {
  return {row.id.to_string(),
          row.hash.to_string(),
          row.name,
          row.description,
          row.owner,
          row.created_by,
          row.scopes.to_string(),
          cell(row.created_at),
          optional_cell(row.expires_at),
          optional_cell(row.revoked_at),
          optional_cell(row.last_used_at),
          row.last_used_from,
          row.replaces ? Cell(row.replaces->to_string()) : Cell{}};
}

core::Result<KeyRow> decode_key(const Cells& cells) {
  CellReader in(cells);
  KeyRow row;
  row.id = in.parsed(keys::KeyId::parse);
  row.hash = in.parsed(core::Sha256Digest::parse);
  row.name = in.text();
  row.description = in.text();
  row.owner = in.text();
  row.created_by = in.text();
  row.scopes = in.parsed(keys::Scopes::parse);
  row.created_at = in.time();
  row.expires_at = optional_time(in);
  row.revoked_at = optional_time(in);
  row.last_used_at = optional_time(in);
  row.last_used_from = in.text();
  row.replaces = in.optional_parsed(keys::KeyId::parse);
  if (!in.complete()) return unreadable_row(api_keys_table, cells);
  return row;
}

Cells encode(const AuditRow& row) {
  return {cell(row.at), row.who, row.from, row.act, row.subject, std::int64_t{row.status}, row.request_id};
}

core::Result<AuditRow> decode_audit(const Cells& cells) {
  CellReader in(cells);
  AuditRow row;
  row.id = in.ordinal();
  row.at = in.time();
  row.who = in.text();
  row.from = in.text();
  row.act = in.text();
  row.subject = in.text();
  constexpr std::uint64_t largest_status = 999;
  const auto status = in.ordinal();
  if (status > largest_status) in.reject();
  row.status = static_cast<unsigned>(status);
  row.request_id = in.text();
  if (!in.complete()) return unreadable_row(audit_table, cells);
  return row;
}

}  // namespace colony::daemon::store
