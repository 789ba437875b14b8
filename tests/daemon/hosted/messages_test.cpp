#include "daemon/hosted/messages.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "daemon/hosted/outcome.hpp"

using namespace colony;
using namespace colony::daemon::hosted;
using core::Json;

namespace {

constexpr std::string_view two_operations =
    R"({"operations":[{"seq":8,"id":"op-8","generation":2,"type":"provision","target":"web-1","body":{"config":"x"}},)"
    R"({"seq":7,"id":"op-7","type":"wipe","target":"web-2"}]})";

core::Result<core::http::ClientResponse> answered(unsigned status, std::string body,
                                                  std::string_view retry_after = {}) {
  core::http::ClientResponse response;
  response.status = static_cast<core::http::Status>(status);
  response.body = std::move(body);
  if (!retry_after.empty()) (void)response.headers.add("retry-after", retry_after);
  return response;
}

}  // namespace

TEST(Operations, AreReadInTheirOrder) {
  const auto list = decode_operations(two_operations, 0);
  ASSERT_TRUE(list);
  ASSERT_EQ(list->operations.size(), 2U);
  EXPECT_EQ(list->operations[0].id, "op-7");
  EXPECT_EQ(list->operations[0].generation.value, 1U);
  EXPECT_EQ(list->operations[0].body_json, "{}");
  EXPECT_EQ(list->operations[1].generation.value, 2U);
  EXPECT_EQ(list->operations[1].body_json, R"({"config":"x"})");
  EXPECT_EQ(list->last_seq, 8U);
}

TEST(Operations, ThatWereSeenAreLeftOut) {
  EXPECT_EQ(decode_operations(two_operations, 7)->operations.size(), 1U);
  EXPECT_EQ(decode_operations(two_operations, 9)->operations.size(), 0U);
  EXPECT_EQ(decode_operations(two_operations, 9)->last_seq, 9U) << "the cursor never goes back";
}

TEST(Operations, EveryPrefixIsRefused) {
  for (std::size_t i = 0; i < two_operations.size(); ++i) {
    EXPECT_EQ(decode_operations(two_operations.substr(0, i), 0).error().code, "hosted.answer") << i;
  }
}

TEST(Operations, UnusableEntriesAreCountedAndPassed) {
  const auto list = decode_operations(
      R"({"operations":[{"seq":1,"id":"","type":"wipe"},{"seq":2,"id":"a b","type":"wipe"},{"id":"x","type":"wipe"},)"
      R"({"seq":3,"id":"x"},7,null,{"seq":-4,"id":"x","type":"wipe"},{"seq":5,"id":"ok","type":"wipe"},)"
      R"({"seq":5,"id":"again","type":"wipe"}]})",
      0);
  ASSERT_TRUE(list);
  EXPECT_EQ(list->operations.size(), 1U);
  EXPECT_EQ(list->unusable, 8U);
  EXPECT_EQ(list->last_seq, 5U);
}

TEST(Operations, ABodyThatIsNoObjectIsPassedOnToBeRefused) {
  for (const auto* body : {R"("{\"disks\":[\"S1\"]}")", R"(["S1"])", "null", "7"}) {
    const auto list = decode_operations(
        fmt::format(R"({{"operations":[{{"seq":8,"id":"a","type":"wipe","target":"web-1","body":{}}}]}})",
                    body),
        7);
    ASSERT_TRUE(list && list->operations.size() == 1) << body;
    EXPECT_EQ(list->operations[0].body_json, body) << "no body would mean every disk";
  }
}

TEST(Operations, OnlyUsableEntriesMoveTheCursor) {
  for (const auto* bad : {R"({"seq":9223372036854775807,"id":"","type":"wipe"})", R"({"seq":90,"id":"x"})",
                          R"({"seq":9223372036854775807,"id":"x","type":"wipe"})"}) {
    const auto list =
        decode_operations(fmt::format(R"({{"operations":[{{"seq":8,"id":"a","type":"wipe"}},{}]}})", bad), 7);
    ASSERT_TRUE(list) << bad;
    EXPECT_EQ(list->last_seq, 8U) << bad;
    EXPECT_EQ(list->unusable, 1U) << bad;
  }
}

TEST(Operations, OfAnyOtherShapeAreRefused) {
  for (const auto* body : {"", "[]", "{}", R"({"operations":{}})", "null", "<html>"}) {
    EXPECT_FALSE(decode_operations(body, 0)) << body;
  }
  EXPECT_TRUE(decode_operations(R"({"data":[]})", 0)) << "the form some documents show";
}

TEST(PendingWorkflows, NameTheirAsset) {
  const auto pending = decode_pending_workflows(
      R"({"data":[{"id":"w1","type":"disk-wipe","status":"pending","asset_id":"a1"},)"
      R"({"id":"w2","type":"disk-wipe","status":"running","asset_id":"a1"},{"id":"w3","type":"disk-wipe","status":"pending"}]})");
  ASSERT_TRUE(pending);
  ASSERT_EQ(pending->size(), 1U);
  EXPECT_EQ(pending->front().target, "a1");
}

TEST(Operations, OfDocumentedWorkflowsKeepWhatTheirOrderKnowsAndLeaveOutTheRest) {
  const auto pending = decode_pending_workflows(
      R"({"data":[{"id":"w1","type":"cluster-provision","status":"pending","asset_id":"a1","config":"c","disk":"D",)"
      R"("nics":["boot=yes"],"kernel_arguments":["a"],"progress":7}]})");
  ASSERT_TRUE(pending);
  ASSERT_EQ(pending->size(), 1U);
  EXPECT_EQ(pending->front().body_json,
            R"({"config":"c","disk":"D","kernel_arguments":["a"],"nics":["boot=yes"]})");
}

TEST(Acknowledgement, IsANumberOrNothing) {
  EXPECT_EQ(decode_acknowledgement(R"({"acked_seq":12})")->value, 12U);
  for (const auto* body :
       {"", "{}", R"({"acked_seq":-1})", R"({"acked_seq":"1"})", R"({"acked_seq":18446744073709551615})"}) {
    EXPECT_FALSE(decode_acknowledgement(body)) << body;
  }
}

TEST(AgentId, IsFoundInBothAnswers) {
  EXPECT_EQ(decode_agent_id(R"({"data":{"id":"a-1"}})"), "a-1");
  EXPECT_EQ(decode_agent_id(R"({"error":"exists","agent_id":"a-2"})"), "a-2");
  EXPECT_EQ(decode_agent_id(R"({"id":"a-3"})"), "a-3");
  EXPECT_FALSE(decode_agent_id(R"({"data":{"id":"../../x"}})")) << "it becomes part of a path";
  EXPECT_FALSE(decode_agent_id("{}"));
  EXPECT_FALSE(decode_agent_id("nonsense"));
}

TEST(ApiErrors, AreShownShortAndPrintable) {
  const auto error =
      decode_error(R"({"error":"Asset not found","code":"ASSET_NOT_FOUND","details":"line\nbreak"})");
  EXPECT_EQ(error.code, "ASSET_NOT_FOUND");
  EXPECT_EQ(error.text().find('\n'), std::string::npos);
  EXPECT_EQ(decode_error("<html>").text(), "no reason given");
}

TEST(EventsPost, HasOneKeyForTheSameEvents) {
  const std::vector<workflows::StoredEvent> events{{{5}, {"workflow.step", "w", {}, R"({"a":1})"}},
                                                   {{6}, {"workflow.step", "w", {}, "not json"}}};
  const auto post = encode_events(
      "agent", {.history = "h", .epoch = {3}, .epoch_first = {2}, .oldest = {1}, .sent = {4}}, events, {});
  EXPECT_EQ(post.idempotency_key, "agent-3-5-6");
  EXPECT_EQ(post.last.value, 6U);
  const Json body = Json::parse(post.body);
  EXPECT_EQ(body["first_seq"], 5);
  EXPECT_EQ(body["history"], "h");
  EXPECT_EQ(body["epoch"], 3);
  EXPECT_EQ(body["epoch_first"], 2);
  EXPECT_EQ(body["oldest"], 1);
  EXPECT_EQ(body["events"][0]["body"]["a"], 1);
  EXPECT_TRUE(body["events"][1]["body"].is_null());
}

TEST(AssetsPut, HasTheDocumentedMembersAndNoPassword) {
  std::vector<daemon::store::StoredAsset> assets(1);
  auto& row = assets[0].asset;
  row.name = "web-1";
  row.bmc = workflows::BmcRecord{*core::Ipv4Address::parse("10.0.0.1"), 623, "native", "ADMIN",
                                 core::Secret("pass-word")};
  row.inventory_json =
      R"({"cpu":{"cores":8},"memory_bytes":68719476736,"nics":[{"name":"eth0","mac":"52:54:00:00:00:01"}],)"
      R"("disks":[{"model":"SAMSUNG","size_bytes":960197124096}]})";
  const auto text = encode_assets(assets);
  const Json asset = Json::parse(text)["assets"][0];
  EXPECT_EQ(asset["cpu_cores"], 8);
  EXPECT_EQ(asset["memory_mb"], 65536);
  EXPECT_EQ(asset["networks"][0]["mac_address"], "52:54:00:00:00:01");
  EXPECT_EQ(asset["storages"][0]["size_mb"], 915715);
  EXPECT_EQ(asset["ipmi"]["ip"], "10.0.0.1");
  EXPECT_EQ(text.find("pass-word"), std::string::npos);
}

TEST(Outcomes, FollowFromStatusAndBody) {
  const core::UtcTime now{};
  const auto of = [&](Part part, const auto& result) { return judge(part, result, now).outcome; };
  EXPECT_TRUE(std::holds_alternative<Succeeded>(of(Part::ours, answered(204, ""))));
  EXPECT_TRUE(std::holds_alternative<Unauthorized>(of(Part::ours, answered(401, ""))));
  EXPECT_TRUE(std::holds_alternative<CallUnknown>(of(Part::ours, answered(404, ""))));
  EXPECT_TRUE(
      std::holds_alternative<AgentUnknown>(of(Part::ours, answered(404, R"({"code":"AGENT_NOT_FOUND"})"))));
  EXPECT_TRUE(std::holds_alternative<AgentUnknown>(of(Part::documented, answered(404, ""))));
  EXPECT_TRUE(std::holds_alternative<Conflict>(of(Part::documented, answered(409, ""))));
  EXPECT_TRUE(std::holds_alternative<Refused>(of(Part::ours, answered(413, ""))));
  EXPECT_TRUE(std::holds_alternative<TryLater>(of(Part::ours, answered(302, "")))) << "never followed";
  EXPECT_TRUE(std::holds_alternative<TryLater>(of(Part::ours, answered(200, "  <!DOCTYPE html>"))));
  const auto limited = of(Part::ours, answered(429, "", "17"));
  EXPECT_EQ(std::get<TryLater>(limited).retry_after, std::chrono::seconds(17));
  EXPECT_EQ(std::get<TryLater>(of(Part::ours, answered(429, ""))).retry_after, std::chrono::seconds(30));
  EXPECT_FALSE(std::get<TryLater>(of(Part::ours, answered(500, ""))).retry_after);
  const core::Result<core::http::ClientResponse> lost =
      core::fail(core::ErrorKind::unreachable, "http.closed", "");
  EXPECT_TRUE(std::holds_alternative<TryLater>(of(Part::ours, lost)));
}
