#include "tests/daemon/hosted/fleet.hpp"

#include <charconv>

#include <gtest/gtest.h>

#include "tests/workflows/operator.hpp"

namespace colony::daemon::hosted::test {

using workflows::WorkflowStatus;

namespace {

/// What a real server's inventory has on top of a simulated one's: it is about 6 KiB.
constexpr std::size_t inventory_padding = 5000;

Story story_of(workflows::World& world, core::WorkflowId id) {
  Story story;
  story.workflow = world.disk.workflows.at(id);
  story.asset = world.disk.assets.at(story.workflow.asset).clone();
  Json inventory = Json::parse(story.asset.inventory_json);
  inventory["padding"] = std::string(inventory_padding, 'x');
  story.asset.inventory_json = inventory.dump();
  for (const auto& stored : world.disk.events) {
    const auto& event = stored.event;
    if (event.at < story.workflow.created_at) continue;
    if (event.subject != id.to_string() && event.subject != story.asset.id.to_string()) continue;
    story.moments.push_back({event.at - story.workflow.created_at, event});
  }
  return story;
}

WorkflowStatus status_in(const Json& body) {
  for (const auto status : {WorkflowStatus::pending, WorkflowStatus::running, WorkflowStatus::completed}) {
    if (body.value("status", "") == workflows::name(status)) return status;
  }
  return WorkflowStatus::failed;
}

}  // namespace

std::vector<Story> record_stories() {
  workflows::World world;
  workflows::Server& server = world.add_server();
  const auto asset = workflows::discovered(world, server);
  std::vector<Story> stories;
  for (const bool erases : {false, true}) {
    const auto order =
        erases ? workflows::wipe(world, asset, "op") : workflows::provision(world, asset, "op-first");
    EXPECT_TRUE(order && workflows::finishes(world, order->workflow));
    stories.push_back(story_of(world, order->workflow));
    EXPECT_EQ(stories.back().workflow.status, WorkflowStatus::completed);
  }
  return stories;
}

Task<core::Result<std::string>> Fleet::submit(Operation operation) {
  unsigned server = 0;
  const auto digits = std::string_view(operation.target).substr(std::string_view("server-").size());
  (void)std::from_chars(digits.data(), digits.data() + digits.size(), server);
  const auto& story = stories_.at(operation.type == "wipe" ? 1 : 0);
  work.spawn("story",
             tell(story, server, operation.id, std::chrono::milliseconds(bench_.random.below(60'000)),
                  static_cast<unsigned>(100 + bench_.random.below(200))));
  co_return "workflow-of-" + operation.id;
}

Task<> Fleet::toil(unsigned server, core::BootTime end, core::Duration pause) {
  while (bench_.timers.now() < end) {
    for (const auto& story : stories_) co_await tell(story, server, "", pause, 100);
  }
}

/// `slowness` in percent of what the simulated server took.
Task<> Fleet::tell(const Story& story, unsigned server, std::string operation_id, core::Duration start,
                   unsigned slowness) {
  const auto id = core::WorkflowId(row::numbered(++workflows_));
  const auto asset = core::AssetId(row::numbered(server));
  const auto began = bench_.timers.now() + start;
  for (const auto& moment : story.moments) {
    co_await bench_.timers.sleep_until(began + moment.after * slowness / 100);
    const auto utc = bench_.timers.utc_now();
    workflows::Event event = moment.event;
    event.at = utc;
    Json body = Json::parse(event.body_json);
    if (body.contains("updated_at")) body["updated_at"] = core::format_utc(utc);
    workflows::Batch batch;
    if (event.type == "asset.updated") {
      auto changed = story.asset.clone();
      changed.id = asset;
      changed.name = "server-" + std::to_string(server);
      changed.updated_at = utc;
      for (const auto status :
           {workflows::AssetStatus::available, workflows::AssetStatus::provisioning,
            workflows::AssetStatus::provisioned, workflows::AssetStatus::deprovisioning}) {
        if (body.value("status", "") == workflows::name(status)) changed.status = status;
      }
      body["id"] = event.subject = asset.to_string();
      body["name"] = changed.name;
      batch.writes.emplace_back(std::move(changed));
    } else {
      event.subject = id.to_string();
      body["asset_id"] = asset.to_string();
    }
    if (event.type.starts_with("workflow.")) {
      auto changed = story.workflow;
      changed.id = id;
      changed.asset = asset;
      changed.operation_id = operation_id;
      changed.status = status_in(body);
      changed.step = body.value("step", "");
      changed.updated_at = utc;
      body["id"] = id.to_string();
      if (!operation_id.empty()) body["operation_id"] = operation_id;
      auto owner = story.asset.clone();
      owner.id = asset;
      if (&moment == &story.moments.front()) batch.writes.emplace_back(std::move(owner));
      batch.writes.emplace_back(std::move(changed));
    }
    const bool ends = event.type == "workflow.finished";
    event.body_json = body.dump();
    batch.events.push_back(std::move(event));
    const auto kept = co_await bench_.journal->commit(std::move(batch));
    EXPECT_TRUE(kept) << kept.error().message;
    if (ends) {
      ++finished;
      unseen.emplace(id.to_string(), bench_.timers.now());
    }
  }
}

void Fleet::look() {
  const Json& workflows = bench_.agent()["workflows"];
  for (auto at = unseen.begin(); at != unseen.end();) {
    const auto found = workflows.find(at->first);
    if (found == workflows.end() || (*found)["status"] != "completed") {
      ++at;
      continue;
    }
    longest_wait = std::max(longest_wait, bench_.timers.now() - at->second);
    at = unseen.erase(at);
  }
}

}  // namespace colony::daemon::hosted::test
