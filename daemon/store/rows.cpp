#include "daemon/store/rows.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/json.hpp"

namespace colony::daemon::store {

using core::ErrorKind;
using namespace workflows;

namespace {

// In the order of encode() and decode(); the first ones are the key.
constexpr std::array<std::string_view, 19> asset_columns{
    "id",          "name",        "status",     "condition",        "condition_reason",
    "accepted",    "wiped_by_us", "identity",   "inventory",        "bmc_identity",
    "bmc_address", "bmc_port",    "bmc_driver", "bmc_username",     "bmc_password",
    "created_at",  "updated_at",  "revision",   "bmc_next_password"};
constexpr std::array<std::string_view, 15> workflow_columns{
    "id",         "type",          "recipe_version", "asset",        "status",
    "step",       "context",       "order_sealed",   "operation_id", "tries",
    "error_code", "error_message", "created_at",     "updated_at",   "step_started_at"};
constexpr std::array<std::string_view, 12> intent_columns{
    "id",         "workflow", "asset", "act",    "attempt",     "epoch",
    "token_hash", "detail",   "state", "result", "intended_at", "resolved_at"};
constexpr std::array<std::string_view, 4> redemption_columns{"token_hash", "intent", "detail", "at"};
constexpr std::array<std::string_view, 3> timeline_columns{"asset", "workflow", "evidence"};
constexpr std::array<std::string_view, 5> wipe_record_columns{"workflow", "attempt", "asset", "record", "at"};
constexpr std::array<std::string_view, 2> setting_columns{"key", "value"};
constexpr std::array<std::string_view, 2> secret_columns{"key", "value_sealed"};
constexpr std::array<std::string_view, 5> outbox_columns{"seq", "type", "subject", "at", "body"};
constexpr std::array<std::string_view, 10> operation_columns{"id",          "generation",  "seq",   "type",
                                                             "target",      "body_sealed", "state", "result",
                                                             "received_at", "updated_at"};

constexpr std::array<std::string_view, 7> lease_columns{"address", "mac",        "client_id", "hostname",
                                                        "state",   "updated_at", "expires_at"};

/// The zero id stands for "none" in our rows and is NULL in the table, where references are checked.
template <class Id>
Cell id_cell(const Id& id) {
  if (id.uuid().is_zero()) return std::monostate{};
  return id.to_string();
}

Cell id_cell(const std::optional<core::WorkflowId>& id) {
  return id ? id_cell(*id) : Cell{};
}

std::string joined(std::span<const std::string_view> columns) {
  return fmt::format("{}", fmt::join(columns, ", "));
}

std::string place(std::string_view column, std::string_view id) {
  return fmt::format("{}:{}", column, id);
}
constexpr std::string_view password_column = "assets.bmc_password";
constexpr std::string_view next_password_column = "assets.bmc_next_password";
constexpr std::string_view order_column = "workflows.order_sealed";
constexpr std::string_view secret_column = "secrets.value_sealed";
constexpr std::string_view body_column = "operations.body_sealed";

core::Result<std::string> unseal_text(const Sealer& sealer, core::ByteView sealed, const std::string& where) {
  if (sealed.empty()) return std::string();
  auto secret = sealer.unseal(sealed, where);
  if (!secret) return std::unexpected(std::move(secret.error()));
  return std::string(secret->reveal());
}

core::Bytes seal_text(const Sealer& sealer, std::string_view text, const std::string& where) {
  return text.empty() ? core::Bytes{} : sealer.seal(text, where);
}

}  // namespace

const Table assets_table{"assets", asset_columns, 1};
const Table workflows_table{"workflows", workflow_columns, 1};
const Table intents_table{"intents", intent_columns, 1};
const Table redemptions_table{"redemptions", redemption_columns, 1};
const Table timeline_table{"timeline", timeline_columns, 0};
const Table wipe_records_table{"wipe_records", wipe_record_columns, 2};
const Table settings_table{"settings", setting_columns, 1};
const Table secrets_table{"secrets", secret_columns, 1};
const Table outbox_table{"outbox", outbox_columns, 1};
const Table operations_table{"operations", operation_columns, 1};
const Table leases_table{"dhcp_leases", lease_columns, 1};

std::unexpected<core::Error> unreadable_row(const Table& table, const Cells& cells) {
  const auto* const id = cells.empty() ? nullptr : std::get_if<std::string>(&cells.front());
  return core::fail(
      ErrorKind::corrupt, "store.unreadable_row",
      fmt::format("a row of {} cannot be read ({}): the database is damaged, or a newer version "
                  "wrote it",
                  table.name, id == nullptr ? "no id" : core::printable(*id)));
}

std::string insert_sql(const Table& table) {
  std::string marks;
  for (std::size_t i = 0; i < table.columns.size(); ++i) marks += i == 0 ? "?" : ", ?";
  return fmt::format("INSERT INTO {} ({}) VALUES ({})", table.name, joined(table.columns), marks);
}

std::string upsert_sql(const Table& table) {
  std::string updates;
  for (const auto column : table.columns.subspan(table.key_columns)) {
    updates += fmt::format("{}{} = excluded.{}", updates.empty() ? "" : ", ", column, column);
  }
  return fmt::format("{} ON CONFLICT ({}) DO UPDATE SET {}", insert_sql(table),
                     joined(table.columns.first(table.key_columns)), updates);
}

std::string select_sql(const Table& table) {
  return fmt::format("SELECT {} FROM {} ", joined(table.columns), table.name);
}

Cells encode(const AssetRow& row, std::uint64_t revision, const Sealer& sealer) {
  Cells cells{row.id.to_string(),
              row.name,
              std::string(name(row.status)),
              std::string(name(row.condition)),
              row.condition_reason,
              std::int64_t{row.accepted},
              std::int64_t{row.wiped_by_us},
              row.identity_json,
              row.inventory_json,
              row.bmc_identity_json};
  if (row.bmc) {
    cells.insert(
        cells.end(),
        {row.bmc->address.to_string(), std::int64_t{row.bmc->port}, row.bmc->driver, row.bmc->username,
         sealer.seal(row.bmc->password.reveal(), place(password_column, row.id.to_string()))});
  } else {
    cells.insert(cells.end(), 5, Cell{});
  }
  cells.insert(cells.end(), {cell(row.created_at), cell(row.updated_at), cell(revision)});
  const bool changing = row.bmc && !row.bmc->next_password.empty();
  cells.emplace_back(changing ? Cell{sealer.seal(row.bmc->next_password.reveal(),
                                                 place(next_password_column, row.id.to_string()))}
                              : Cell{});
  return cells;
}

core::Result<StoredAsset> decode_asset(const Cells& cells, const Sealer& sealer, Unseal unseal) {
  CellReader in(cells);
  StoredAsset stored;
  AssetRow& row = stored.asset;
  row.id = in.parsed(core::AssetId::parse);
  row.name = in.text();
  row.status = in.parsed(parse_asset_status);
  row.condition = in.parsed(parse_asset_condition);
  row.condition_reason = in.text();
  row.accepted = in.flag();
  row.wiped_by_us = in.flag();
  row.identity_json = in.text();
  row.inventory_json = in.text();
  row.bmc_identity_json = in.text();
  core::Bytes sealed;
  if (in.next_is_null()) {
    for (int i = 0; i < 5; ++i) in.skip();
  } else {
    BmcRecord& bmc = row.bmc.emplace();
    bmc.address = in.parsed(core::Ipv4Address::parse);
    const auto port = in.ordinal();
    if (port > 0xffff) in.reject();
    bmc.port = static_cast<std::uint16_t>(port);
    bmc.driver = in.text();
    bmc.username = in.text();
    sealed = in.blob();
  }
  row.created_at = in.time();
  row.updated_at = in.time();
  stored.revision = in.ordinal();
  core::Bytes sealed_next;
  if (in.next_is_null()) {
    in.skip();
  } else {
    sealed_next = in.blob();
  }
  if (!in.complete()) return unreadable_row(assets_table, cells);
  if (row.bmc && unseal == Unseal::yes) {
    auto password = sealer.unseal(sealed, place(password_column, row.id.to_string()));
    if (!password) return std::unexpected(std::move(password.error()));
    row.bmc->password = std::move(*password);
    if (!sealed_next.empty()) {
      auto next = sealer.unseal(sealed_next, place(next_password_column, row.id.to_string()));
      if (!next) return std::unexpected(std::move(next.error()));
      row.bmc->next_password = std::move(*next);
    }
  }
  return stored;
}

Cells encode(const WorkflowRow& row, const Sealer& sealer) {
  const std::string id = row.id.to_string();
  return {id,
          row.type,
          std::int64_t{row.recipe_version},
          id_cell(row.asset),
          std::string(name(row.status)),
          row.step,
          row.context_json,
          seal_text(sealer, row.order_json, place(order_column, id)),
          row.operation_id.empty() ? Cell{} : Cell{row.operation_id},
          std::int64_t{row.tries},
          row.error_code,
          row.error_message,
          cell(row.created_at),
          cell(row.updated_at),
          cell(row.step_started_at)};
}

core::Result<WorkflowRow> decode_workflow(const Cells& cells, const Sealer& sealer) {
  CellReader in(cells);
  WorkflowRow row;
  row.id = in.parsed(core::WorkflowId::parse);
  row.type = in.text();
  row.recipe_version = static_cast<unsigned>(in.ordinal());
  row.asset = in.optional_parsed(core::AssetId::parse).value_or(core::AssetId{});
  row.status = in.parsed(parse_workflow_status);
  row.step = in.text();
  row.context_json = in.text();
  const auto order = in.blob();
  if (in.next_is_null()) {
    in.skip();
  } else {
    row.operation_id = in.text();
  }
  row.tries = static_cast<unsigned>(in.ordinal());
  row.error_code = in.text();
  row.error_message = in.text();
  row.created_at = in.time();
  row.updated_at = in.time();
  row.step_started_at = in.time();
  if (!in.complete()) return unreadable_row(workflows_table, cells);
  auto text = unseal_text(sealer, order, place(order_column, row.id.to_string()));
  if (!text) return std::unexpected(std::move(text.error()));
  row.order_json = std::move(*text);
  return row;
}

Cells encode(const IntentRow& row) {
  return {
      row.id.to_string(),           id_cell(row.workflow), id_cell(row.asset),         row.act,
      cell(row.attempt.value),      cell(row.epoch.value), row.token_hash.to_string(), row.detail_json,
      std::string(name(row.state)), row.result_json,       cell(row.intended_at),      cell(row.resolved_at)};
}

core::Result<IntentRow> decode_intent(const Cells& cells) {
  CellReader in(cells);
  IntentRow row;
  row.id = in.parsed(core::IntentId::parse);
  row.workflow = in.optional_parsed(core::WorkflowId::parse).value_or(core::WorkflowId{});
  row.asset = in.optional_parsed(core::AssetId::parse).value_or(core::AssetId{});
  row.act = in.text();
  row.attempt.value = in.ordinal();
  row.epoch.value = in.ordinal();
  row.token_hash = in.parsed(core::Sha256Digest::parse);
  row.detail_json = in.text();
  row.state = in.parsed(parse_intent_state);
  row.result_json = in.text();
  row.intended_at = in.time();
  row.resolved_at = in.time();
  if (!in.complete()) return unreadable_row(intents_table, cells);
  return row;
}

Cells encode(const RedeemToken& row) {
  return {row.token_hash.to_string(), id_cell(row.intent), row.detail_json, cell(row.at)};
}

Cells encode(const TimelineRow& row) {
  return {row.asset.to_string(), id_cell(row.workflow), core::dump_json(core::to_json(row.evidence))};
}

core::Result<TimelineRow> decode_timeline(const Cells& cells) {
  CellReader in(cells);
  TimelineRow row;
  row.asset = in.parsed(core::AssetId::parse);
  row.workflow = in.optional_parsed(core::WorkflowId::parse);
  const std::string text = in.text();
  if (!in.complete()) return unreadable_row(timeline_table, cells);
  const auto json = core::parse_json(text);
  if (!json) return unreadable_row(timeline_table, cells);
  if (auto evidence = core::evidence_from_json(*json)) {
    row.evidence = std::move(*evidence);
    return row;
  }
  const auto at = core::parse_utc(core::json_text(*json, "at").value_or(""));
  if (!at) return unreadable_row(timeline_table, cells);
  row.evidence.asset = row.asset;
  row.evidence.at = *at;
  row.evidence.source = core::json_text(*json, "source").value_or("");
  row.evidence.fact = core::Note{"store.unknown_fact",
                                 "evidence of a kind that this version does not know: " +
                                     core::printable(core::json_text(*json, "fact").value_or("(none)"))};
  return row;
}

Cells encode(const WipeRecordRow& row) {
  return {row.workflow.to_string(), cell(row.attempt.value), row.asset.to_string(), row.record_json,
          cell(row.at)};
}

core::Result<WipeRecordRow> decode_wipe_record(const Cells& cells) {
  CellReader in(cells);
  WipeRecordRow row;
  row.workflow = in.parsed(core::WorkflowId::parse);
  row.attempt.value = in.ordinal();
  row.asset = in.parsed(core::AssetId::parse);
  row.record_json = in.text();
  row.at = in.time();
  if (!in.complete()) return unreadable_row(wipe_records_table, cells);
  return row;
}

Cells encode(const pxe::dhcp::LeaseRecord& row) {
  return {row.address.to_string(),      row.mac.to_string(), core::hex(row.client_id), row.hostname,
          std::string(name(row.state)), cell(row.updated),   cell(row.expires)};
}

core::Result<pxe::dhcp::LeaseRecord> decode_lease(const Cells& cells) {
  CellReader in(cells);
  pxe::dhcp::LeaseRecord row;
  row.address = in.parsed(core::Ipv4Address::parse);
  row.mac = in.parsed(core::MacAddress::parse);
  row.client_id = in.parsed(core::parse_hex);
  row.hostname = in.text();
  row.state = in.parsed(pxe::dhcp::parse_lease_state);
  row.updated = in.time();
  row.expires = in.time();
  if (!in.complete()) return unreadable_row(leases_table, cells);
  return row;
}

Cells encode(const SettingRow& row) {
  return {row.key, row.value};
}

core::Result<SettingRow> decode_setting(const Cells& cells) {
  CellReader in(cells);
  SettingRow row;
  row.key = in.text();
  row.value = in.text();
  if (!in.complete()) return unreadable_row(settings_table, cells);
  return row;
}

Cells encode(const SecretRow& row, const Sealer& sealer) {
  return {row.key, sealer.seal(row.value.reveal(), place(secret_column, row.key))};
}

core::Result<SecretRow> decode_secret(const Cells& cells, const Sealer& sealer) {
  CellReader in(cells);
  SecretRow row;
  row.key = in.text();
  const auto sealed = in.blob();
  if (!in.complete()) return unreadable_row(secrets_table, cells);
  auto value = sealer.unseal(sealed, place(secret_column, row.key));
  if (!value) return std::unexpected(std::move(value.error()));
  row.value = std::move(*value);
  return row;
}

Cells encode(core::EventSeq seq, const Event& event) {
  return {cell(seq.value), event.type, event.subject, cell(event.at), event.body_json};
}

core::Result<StoredEvent> decode_event(const Cells& cells) {
  CellReader in(cells);
  StoredEvent stored;
  stored.seq.value = in.ordinal();
  stored.event.type = in.text();
  stored.event.subject = in.text();
  stored.event.at = in.time();
  stored.event.body_json = in.text();
  if (!in.complete()) return unreadable_row(outbox_table, cells);
  return stored;
}

Cells encode(const OperationRow& row, const Sealer& sealer) {
  return {row.id,
          cell(row.generation.value),
          cell(row.seq),
          row.type,
          row.target,
          seal_text(sealer, row.body_json, place(body_column, row.id)),
          std::string(name(row.state)),
          row.result_json,
          cell(row.received_at),
          cell(row.updated_at)};
}

core::Result<OperationRow> decode_operation(const Cells& cells, const Sealer& sealer) {
  CellReader in(cells);
  OperationRow row;
  row.id = in.text();
  row.generation.value = in.ordinal();
  row.seq = in.ordinal();
  row.type = in.text();
  row.target = in.text();
  const auto body = in.blob();
  row.state = in.parsed(parse_operation_state);
  row.result_json = in.text();
  row.received_at = in.time();
  row.updated_at = in.time();
  if (!in.complete()) return unreadable_row(operations_table, cells);
  auto text = unseal_text(sealer, body, place(body_column, row.id));
  if (!text) return std::unexpected(std::move(text.error()));
  row.body_json = std::move(*text);
  return row;
}

std::string_view name(OperationState state) {
  switch (state) {
    case OperationState::received: return "received";
    case OperationState::accepted: return "accepted";
    case OperationState::refused: return "refused";
  }
  return "received";
}

std::optional<OperationState> parse_operation_state(std::string_view text) {
  if (text == "received") return OperationState::received;
  if (text == "accepted") return OperationState::accepted;
  if (text == "refused") return OperationState::refused;
  return std::nullopt;
}

}  // namespace colony::daemon::store
