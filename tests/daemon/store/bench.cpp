#include "tests/daemon/store/bench.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace colony::daemon::store::test {

using namespace workflows;

TemporaryDirectory::TemporaryDirectory() {
  const char* const base = std::getenv("TMPDIR");
  path_ = std::string(base == nullptr ? "/tmp" : base) + "/colony-store-XXXXXX";
  if (::mkdtemp(path_.data()) == nullptr) std::abort();
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

core::UtcTime at(int second) {
  return *core::parse_utc("2026-11-20T18:00:00Z") + std::chrono::seconds(second);
}

core::Uuid numbered(unsigned number) {
  core::Uuid::Octets octets{};
  octets[0] = 0xaa;
  octets[14] = static_cast<std::uint8_t>(number >> 8);
  octets[15] = static_cast<std::uint8_t>(number);
  return core::Uuid(octets);
}

FileOptions options_in(const TemporaryDirectory& directory) {
  FileOptions options;
  options.path = directory.file("colony.db");
  options.key.file = directory.file("store.key");
  options.owner = "machine-a";
  return options;
}

std::unique_ptr<StoreFile> opened(const FileOptions& options) {
  auto file = StoreFile::open(options, at(0));
  if (!file) {
    ADD_FAILURE() << file.error().code << ": " << file.error().message;
    std::abort();
  }
  return std::move(*file);
}

AssetRow asset_row(unsigned number) {
  AssetRow row;
  row.id = core::AssetId(numbered(number));
  row.name = "web-" + std::to_string(number);
  row.status = AssetStatus::available;
  row.condition = AssetCondition::quarantined;
  row.condition_reason = "disk 'A' failed";
  row.accepted = true;
  row.wiped_by_us = true;
  row.identity_json = R"({"macs":["52:54:00:00:00:01"]})";
  row.inventory_json = R"({"cpu":{"cores":8}})";
  row.bmc_identity_json = R"({"manufacturer":10876})";
  row.bmc = BmcRecord{*core::Ipv4Address::parse("10.77.1.10"), 6230, "native", "ADMIN",
                      core::Secret("bmc-password-" + std::to_string(number))};
  row.created_at = at(1);
  row.updated_at = at(2);
  return row;
}

WorkflowRow workflow_row(unsigned number, unsigned asset) {
  WorkflowRow row;
  row.id = core::WorkflowId(numbered(number));
  row.type = "disk-wipe";
  row.recipe_version = 3;
  row.asset = core::AssetId(numbered(asset));
  row.status = WorkflowStatus::running;
  row.step = "power-off";
  row.context_json = R"({"version":1})";
  row.order_json = R"({"config":"order-secret"})";
  row.operation_id = "op-" + std::to_string(number);
  row.tries = 2;
  row.error_code = "code";
  row.error_message = "message";
  row.created_at = at(static_cast<int>(number));
  row.updated_at = at(static_cast<int>(number) + 1);
  row.step_started_at = at(5);
  return row;
}

IntentRow intent_row(unsigned number, unsigned workflow, unsigned asset) {
  IntentRow row;
  row.id = core::IntentId(numbered(number));
  row.workflow = core::WorkflowId(numbered(workflow));
  row.asset = core::AssetId(numbered(asset));
  row.act = "wipe";
  row.attempt.value = 2;
  row.epoch.value = 7;
  row.token_hash = core::sha256("token");
  row.detail_json = R"({"disks":[]})";
  row.state = IntentState::intended;
  row.result_json = "{}";
  row.intended_at = at(6);
  row.resolved_at = at(7);
  return row;
}

RedeemToken redemption(const std::string& token, unsigned intent) {
  return {core::sha256(token), core::IntentId(numbered(intent)), "{}", at(8)};
}

TimelineRow timeline_row(unsigned asset, std::optional<unsigned> workflow, const std::string& text) {
  TimelineRow row;
  row.asset = core::AssetId(numbered(asset));
  if (workflow) row.workflow = core::WorkflowId(numbered(*workflow));
  row.evidence.asset = row.asset;
  row.evidence.at = at(9);
  row.evidence.source = "test";
  row.evidence.fact = core::Note{"test", text};
  return row;
}

Event event(const std::string& body) {
  return {"workflow.step", "subject", at(10), body};
}

pxe::dhcp::LeaseRecord lease_row(unsigned number) {
  pxe::dhcp::LeaseRecord row;
  row.address = core::Ipv4Address(0x0a010000 + number);
  row.mac = core::MacAddress({2, 0, 0, 0, 0, static_cast<core::Byte>(number)});
  row.client_id = {1, 2, 3};
  row.hostname = "web-1";
  row.updated = at(13);
  row.expires = at(14);
  return row;
}

OperationRow operation_row(const std::string& id, std::uint64_t seq) {
  OperationRow row;
  row.id = id;
  row.generation.value = 4;
  row.seq = seq;
  row.type = "wipe";
  row.target = "asset-1";
  row.body_json = R"({"config":"operation-secret"})";
  row.result_json = "{}";
  row.received_at = at(11);
  row.updated_at = at(12);
  return row;
}

Change change(std::vector<Event> events) {
  Change made;
  made.batch.events = std::move(events);
  return made;
}

core::Result<> commit(StoreFile& file, Change change) {
  std::vector<Change> changes;
  changes.push_back(std::move(change));
  return file.commit(changes).front();
}

std::string read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return std::move(content).str();
}

void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
}

}  // namespace colony::daemon::store::test
