#include "daemon/cli/event_text.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using colony::core::Json;
using colony::daemon::cli::EventText;

namespace {

const std::string asset = "aaaaaaaa-0000-4000-8000-000000000001";

Json event(std::string type, std::string subject, Json body) {
  return {{"seq", 1}, {"type", std::move(type)}, {"subject", std::move(subject)}, {"body", std::move(body)}};
}

}  // namespace

TEST(EventText, SaysWhatAWorkflowDoesToWhichServer) {
  EventText events(Json::array({Json{{"id", asset}, {"name", "web-1"}}}));
  Json body{{"id", "2f1c9a70-0000-4000-8000-000000000001"},
            {"type", "disk-wipe"},
            {"asset_id", asset},
            {"status", "running"},
            {"step", "wipe-disks"},
            {"tries", 2},
            {"step_number", 3},
            {"step_count", 7}};
  const auto step = events.take(event("workflow.step", "2f1c9a70-0000-4000-8000-000000000001", body));
  EXPECT_EQ(step.subject, "web-1");
  EXPECT_EQ(step.what, "disk-wipe 2f1c9a70 running, step wipe-disks (3 of 7), try 2");
  body["status"] = "failed";
  body["error"] = {{"code", "wipe.failed"}, {"message", "old data was found"}};
  EXPECT_EQ(events.take(event("workflow.finished", "2f1c9a70", body)).what,
            "disk-wipe 2f1c9a70 failed: old data was found [wipe.failed]");
}

TEST(EventText, LearnsNamesAndShowsAnUnknownIdWhole) {
  EventText events(Json::array());
  EXPECT_EQ(events.name_of(asset), asset);
  const auto line = events.take(event("asset.updated", asset,
                                      {{"name", "web-1"},
                                       {"status", "available"},
                                       {"condition", "quarantined"},
                                       {"condition_reason", "the wipe failed"},
                                       {"accepted", true}}));
  EXPECT_EQ(line.subject, "web-1");
  EXPECT_EQ(line.what, "available, quarantined: the wipe failed");
  EXPECT_EQ(events.name_of(asset), "web-1");
}

TEST(EventText, SumsAWipeRecordUpByItsDisks) {
  EventText events(Json::array({Json{{"id", asset}, {"name", "web-1"}}}));
  const auto line = events.take(event(
      "wipe.record", "2f1c9a70",
      Json::parse(
          R"({"asset":{"id":")" + asset +
          R"("},"result":{"disks":[{"disk":{"id":{"serial":"S1"}},"verdict":"erased","method":"discard"},)"
          R"({"disk":{"id":{"serial":"S2"}},"verdict":"failed"}]}})")));
  EXPECT_EQ(line.subject, "web-1");
  EXPECT_EQ(line.what, "S1 erased by discard, S2 failed");
}

TEST(EventText, ShowsWhatItDoesNotKnowAsJson) {
  EventText events(Json::array());
  EXPECT_EQ(events.take(event("operation.done", "op-1", {{"type", "wipe"}})).what, R"({"type":"wipe"})");
  EXPECT_EQ(events.take(event("operation.done", "op-1", "text")).subject, "op-1");
  EXPECT_EQ(events.take(Json::array()).what, "");
}
