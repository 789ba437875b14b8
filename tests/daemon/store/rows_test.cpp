#include "daemon/store/rows.hpp"

#include <gtest/gtest.h>

#include "tests/daemon/store/bench.hpp"

using namespace colony;
using namespace colony::daemon::store;
using namespace colony::daemon::store::test;

namespace {

const Sealer& sealer() {
  static const Sealer value(core::Secret(std::string(32, 'k')));
  return value;
}

/// Every cell in turn of another type, and every shorter and longer row: the decoder must name it.
template <class Decode>
void expect_refuses_damage(const Cells& whole, Decode decode) {
  ASSERT_TRUE(decode(whole));
  for (std::size_t i = 0; i < whole.size(); ++i) {
    Cells cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_EQ(decode(cut).error().code, "store.unreadable_row") << "cut at " << i;
    Cells changed = whole;
    changed[i] =
        std::holds_alternative<std::string>(whole[i]) ? Cell{std::int64_t{-1}} : Cell{std::string("?")};
    EXPECT_EQ(decode(changed).error().code, "store.unreadable_row") << "cell " << i;
  }
  Cells longer = whole;
  longer.emplace_back(std::int64_t{1});
  EXPECT_EQ(decode(longer).error().code, "store.unreadable_row");
}

}  // namespace

TEST(Rows, AssetComesBackWhole) {
  const auto stored = decode_asset(encode(asset_row(1), 9, sealer()), sealer(), Unseal::yes);
  ASSERT_TRUE(stored);
  const auto& row = stored->asset;
  const auto expected = asset_row(1);
  EXPECT_EQ(stored->revision, 9U);
  EXPECT_EQ(row.id, expected.id);
  EXPECT_EQ(row.name, expected.name);
  EXPECT_EQ(row.status, expected.status);
  EXPECT_EQ(row.condition, expected.condition);
  EXPECT_EQ(row.condition_reason, expected.condition_reason);
  EXPECT_TRUE(row.accepted);
  EXPECT_TRUE(row.wiped_by_us);
  EXPECT_EQ(row.identity_json, expected.identity_json);
  EXPECT_EQ(row.inventory_json, expected.inventory_json);
  EXPECT_EQ(row.bmc_identity_json, expected.bmc_identity_json);
  ASSERT_TRUE(row.bmc);
  EXPECT_EQ(row.bmc->address, expected.bmc->address);
  EXPECT_EQ(row.bmc->port, 6230);
  EXPECT_EQ(row.bmc->driver, "native");
  EXPECT_EQ(row.bmc->username, "ADMIN");
  EXPECT_EQ(row.bmc->password.reveal(), "bmc-password-1");
  EXPECT_EQ(row.created_at, expected.created_at);
  EXPECT_EQ(row.updated_at, expected.updated_at);
}

TEST(Rows, AssetWithoutBmcComesBack) {
  auto row = asset_row(1);
  row.bmc.reset();
  const auto stored = decode_asset(encode(row, 1, sealer()), sealer(), Unseal::yes);
  ASSERT_TRUE(stored);
  EXPECT_FALSE(stored->asset.bmc);
}

TEST(Rows, BothPasswordsOfAChangeInHandComeBack) {
  auto row = asset_row(1);
  row.bmc->next_password = core::Secret("the-new-one");
  const auto cells = encode(row, 1, sealer());
  const auto stored = decode_asset(cells, sealer(), Unseal::yes);
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->asset.bmc->password.reveal(), "bmc-password-1");
  EXPECT_EQ(stored->asset.bmc->next_password.reveal(), "the-new-one");
  for (const auto& cell : cells) {
    if (const auto* const blob = std::get_if<core::Bytes>(&cell)) {
      EXPECT_EQ(core::as_text(*blob).find("the-new-one"), std::string_view::npos);
    }
  }
  auto swapped = cells;
  std::swap(swapped[14], swapped[18]);  // each opens only in its own column
  EXPECT_EQ(decode_asset(swapped, sealer(), Unseal::yes).error().code, "store.seal_broken");
}

TEST(Rows, AssetForTheLinkHasNoPassword) {
  auto row = asset_row(1);
  row.bmc->next_password = core::Secret("the-new-one");
  const auto stored = decode_asset(encode(row, 1, sealer()), sealer(), Unseal::no);
  ASSERT_TRUE(stored);
  EXPECT_TRUE(stored->asset.bmc->password.empty());
  EXPECT_TRUE(stored->asset.bmc->next_password.empty());
}

TEST(Rows, PasswordOfAnotherAssetDoesNotOpen) {
  auto cells = encode(asset_row(1), 1, sealer());
  cells[0] = asset_row(2).id.to_string();
  EXPECT_EQ(decode_asset(cells, sealer(), Unseal::yes).error().code, "store.seal_broken");
}

TEST(Rows, WorkflowComesBackWhole) {
  const auto expected = workflow_row(3, 1);
  const auto row = decode_workflow(encode(expected, sealer()), sealer());
  ASSERT_TRUE(row);
  EXPECT_EQ(row->id, expected.id);
  EXPECT_EQ(row->type, expected.type);
  EXPECT_EQ(row->recipe_version, 3U);
  EXPECT_EQ(row->asset, expected.asset);
  EXPECT_EQ(row->status, expected.status);
  EXPECT_EQ(row->step, expected.step);
  EXPECT_EQ(row->context_json, expected.context_json);
  EXPECT_EQ(row->order_json, expected.order_json);
  EXPECT_EQ(row->operation_id, expected.operation_id);
  EXPECT_EQ(row->tries, 2U);
  EXPECT_EQ(row->error_code, "code");
  EXPECT_EQ(row->error_message, "message");
  EXPECT_EQ(row->created_at, expected.created_at);
  EXPECT_EQ(row->updated_at, expected.updated_at);
  EXPECT_EQ(row->step_started_at, expected.step_started_at);
}

TEST(Rows, WorkflowWithoutAssetAndOperationComesBack) {
  auto row = workflow_row(3, 1);
  row.asset = {};
  row.operation_id.clear();
  row.order_json.clear();
  const auto read = decode_workflow(encode(row, sealer()), sealer());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->asset, core::AssetId());
  EXPECT_EQ(read->operation_id, "");
  EXPECT_EQ(read->order_json, "");
}

TEST(Rows, IntentComesBackWhole) {
  const auto expected = intent_row(5, 3, 1);
  const auto row = decode_intent(encode(expected));
  ASSERT_TRUE(row);
  EXPECT_EQ(row->id, expected.id);
  EXPECT_EQ(row->workflow, expected.workflow);
  EXPECT_EQ(row->asset, expected.asset);
  EXPECT_EQ(row->act, expected.act);
  EXPECT_EQ(row->attempt, expected.attempt);
  EXPECT_EQ(row->epoch, expected.epoch);
  EXPECT_EQ(row->token_hash, expected.token_hash);
  EXPECT_EQ(row->detail_json, expected.detail_json);
  EXPECT_EQ(row->state, expected.state);
  EXPECT_EQ(row->result_json, expected.result_json);
  EXPECT_EQ(row->intended_at, expected.intended_at);
  EXPECT_EQ(row->resolved_at, expected.resolved_at);
}

TEST(Rows, OperationComesBackWhole) {
  const auto expected = operation_row("op", 12);
  const auto row = decode_operation(encode(expected, sealer()), sealer());
  ASSERT_TRUE(row);
  EXPECT_EQ(row->id, expected.id);
  EXPECT_EQ(row->generation, expected.generation);
  EXPECT_EQ(row->seq, 12U);
  EXPECT_EQ(row->type, expected.type);
  EXPECT_EQ(row->target, expected.target);
  EXPECT_EQ(row->body_json, expected.body_json);
  EXPECT_EQ(row->state, OperationState::received);
  EXPECT_EQ(row->received_at, expected.received_at);
}

TEST(StoreRows, ALeaseSurvivesTheTripThroughCells) {
  auto expected = lease_row(7);
  EXPECT_EQ(decode_lease(encode(expected)), expected);
  expected.state = pxe::dhcp::LeaseState::declined;
  expected.client_id.clear();
  expected.hostname.clear();
  EXPECT_EQ(decode_lease(encode(expected)), expected);
}

TEST(Rows, DamagedRowsAreNamed) {
  auto plain_asset = asset_row(1);
  plain_asset.bmc.reset();
  const auto asset = [](const Cells& c) { return decode_asset(c, sealer(), Unseal::yes); };
  const auto workflow = [](const Cells& c) { return decode_workflow(c, sealer()); };
  const auto operation = [](const Cells& c) { return decode_operation(c, sealer()); };
  expect_refuses_damage(encode(asset_row(1), 1, sealer()), asset);
  expect_refuses_damage(encode(workflow_row(3, 1), sealer()), workflow);
  expect_refuses_damage(encode(intent_row(5, 3, 1)), decode_intent);
  expect_refuses_damage(encode(timeline_row(1, 3, "x")), decode_timeline);
  expect_refuses_damage(encode(workflows::SettingRow{"k", "v"}), decode_setting);
  const auto secret = [](const Cells& c) { return decode_secret(c, sealer()); };
  expect_refuses_damage(encode(workflows::SecretRow{"k", core::Secret("v")}, sealer()), secret);
  expect_refuses_damage(encode(core::EventSeq{1}, event("{}")), decode_event);
  expect_refuses_damage(encode(operation_row("op", 1), sealer()), operation);
  expect_refuses_damage(encode(lease_row(7)), decode_lease);
  expect_refuses_damage(
      encode(workflows::WipeRecordRow{core::WorkflowId(numbered(3)), core::AssetId(numbered(1)),
                                      core::Attempt{1}, "{}", at(0)}),
      decode_wipe_record);
}

TEST(Rows, EvidenceOfANewerVersionBecomesANote) {
  auto cells = encode(timeline_row(1, {}, "x"));
  cells[2] = std::string(R"({"fact":"teleported","at":"2026-11-20T18:00:00.000Z","source":"s","detail":{}})");
  const auto row = decode_timeline(cells);
  ASSERT_TRUE(row);
  EXPECT_EQ(std::get<core::Note>(row->evidence.fact).code, "store.unknown_fact");
  cells[2] = std::string("not json");
  EXPECT_EQ(decode_timeline(cells).error().code, "store.unreadable_row");
}
