#include "daemon/api/paging.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace colony;
using namespace colony::daemon::api;
using ::testing::ElementsAre;

TEST(Paging, GoesThroughAllByKey) {
  const std::vector<std::string> keys{"c", "a", "d", "b"};
  const auto first = cut_page(keys, "", 3);
  EXPECT_THAT(first.entries, ElementsAre(1, 3, 0));
  EXPECT_EQ(first.next, "c");
  const auto last = cut_page(keys, first.next, 3);
  EXPECT_THAT(last.entries, ElementsAre(2));
  EXPECT_EQ(last.next, "");
  EXPECT_EQ(cut_page(keys, "", 4).next, "") << "a full last page";
  EXPECT_TRUE(cut_page(keys, "", 0).entries.empty());
}

TEST(Paging, LeavesNothingOutThatWasThereAllTheTime) {
  // The last one seen is gone, and others came.
  EXPECT_THAT(cut_page({"a", "b", "bb", "d"}, "c", 9).entries, ElementsAre(3));
}

TEST(Paging, ShowsUnfinishedWorkflowsFirstThenTheNewest) {
  workflows::WorkflowView old, young, running;
  old.status = young.status = workflows::WorkflowStatus::completed;
  running.status = workflows::WorkflowStatus::running;
  running.created_at = old.created_at = *core::parse_utc("2026-11-20T18:00:00Z");
  young.created_at = *core::parse_utc("2026-11-20T18:00:01Z");
  EXPECT_LT(page_key(running), page_key(young));
  EXPECT_LT(page_key(young), page_key(old));
}

TEST(Paging, TagsWhatItShows) {
  const auto tag = [](const core::Json& body) {
    return std::string(tagged_response(body).headers.find("ETag").value_or(""));
  };
  EXPECT_EQ(tag({{"a", 1}}), tag({{"a", 1}}));
  EXPECT_NE(tag({{"a", 1}}), tag({{"a", 2}}));
  EXPECT_TRUE(tag({{"a", 1}}).starts_with('"'));
}
