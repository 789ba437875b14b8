// docs/openapi-hosted.yaml is what the two sides do: the stand-in answers every call of it, and what the link
// posts has the members that it names, those that it requires, and no others.

#include <set>

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include "tests/daemon/hosted/memory_bench.hpp"

using namespace colony;
using namespace colony::daemon::hosted;
using namespace colony::daemon::hosted::test;

namespace {

std::set<std::string> members_of(const Json& object) {
  std::set<std::string> names;
  for (const auto& [name, value] : object.items()) names.insert(name);
  return names;
}

/// The members that are not in the schema, or are required there and missing.
std::string differences(const YAML::Node& schema, const Json& object) {
  std::string found;
  for (const auto& name : members_of(object)) {
    if (!schema["properties"][name]) found += " +" + name;
  }
  for (const auto& name : schema["required"]) {
    if (!object.contains(name.as<std::string>())) found += " -" + name.as<std::string>();
  }
  return found;
}

}  // namespace

TEST(HostedContract, TheStandInAnswersEveryCallOfIt) {
  Bench bench;
  bench.run(10s);
  const YAML::Node document = YAML::LoadFile(HOSTED_OPENAPI);
  unsigned calls = 0;
  for (const auto& path : document["paths"]) {
    for (const auto& operation : path.second) {
      const auto method = operation.first.as<std::string>();
      if (method == "parameters") continue;
      core::http::HttpRequest request;
      request.method = method == "get"     ? core::http::Method::get
                       : method == "post"  ? core::http::Method::post
                       : method == "put"   ? core::http::Method::put
                       : method == "patch" ? core::http::Method::patch
                                           : core::http::Method::del;
      request.path = "/api/v1" + path.first.as<std::string>();
      if (const auto at = request.path.find("{id}"); at != std::string::npos)
        request.path.replace(at, 4, "none");
      (void)request.headers.add("Authorization", "Bearer good");
      (void)bench.model.handle(request, bench.timers.now(), bench.timers.utc_now());
      ++calls;
    }
  }
  EXPECT_EQ(calls, 17U);
  EXPECT_FALSE(bench.model.state()["requests"]["by_call"].contains("unknown"))
      << "a call that it does not know";
}

TEST(HostedContract, TheLinkPostsWhatItNames) {
  Bench bench;
  const YAML::Node schemas = YAML::LoadFile(HOSTED_OPENAPI)["components"]["schemas"];
  unsigned posts = 0;
  unsigned puts = 0;
  bench.exchange.instead = [&](const core::http::ClientRequest& request) {
    if (request.target.ends_with("/events")) {
      const Json post = Json::parse(request.body);
      EXPECT_EQ(differences(schemas["EventsPost"], post), "");
      for (const Json& event : post["events"]) EXPECT_EQ(differences(schemas["Event"], event), "");
      for (const Json& workflow : post["snapshot"]) EXPECT_EQ(differences(schemas["Workflow"], workflow), "");
      posts += post["snapshot"].empty() ? 0 : 1;
    }
    if (request.target.ends_with("/assets")) {
      for (const Json& asset : Json::parse(request.body)["assets"]) {
        EXPECT_EQ(differences(schemas["Asset"], asset), "");
        ++puts;
      }
    }
    return std::optional<MemoryExchange::Answer>();
  };
  workflows::Batch batch;
  batch.writes.emplace_back(row::asset_row(1));
  batch.writes.emplace_back(row::workflow_row(3, 1));
  batch.events = {row::event("{}")};
  (void)bench.journal->commit(std::move(batch));
  bench.run(1min);
  EXPECT_GE(posts, 1U);
  EXPECT_GE(puts, 1U);
}
